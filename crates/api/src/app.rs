//! The application as actix serves it: every route, in one place, and what wraps them.
//!
//! Routes are registered by `service` alone, whose bound demands a documented handler; the two that are not part of the
//! API (the document itself and its reader) and the fallback are added by [`serve_document`] and [`serve_reader`].

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, HttpResponse, web};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::document::Document;
use crate::http::extract::not_an_address;
use crate::http::headers::SecurityHeaders;
use crate::http::request_id::Spans;
use crate::http::{fallback, headers};
use crate::state::State;
use crate::{
    allocations, api_keys, books, charges, costs, credit_requests, credit_types, exchange_rates, groups,
    guard, health, imports, live, metering, organisation, people, sessions, setup, usage,
};

const DOCUMENT: &str = "/api/v1/openapi.json";

/// Every operation of the API.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health::get_health).service(health::get_readiness);
    config.service(
        scope("/api/v1")
            .configure(areas)
            .wrap(from_fn(guard::authenticate))
            .wrap(Compress::default()),
    );
}

/// The areas under `/api/v1`, one line each.
fn areas(config: &mut ServiceConfig<'_>) {
    // Addresses are tried in this order, and those with a place in them by an expression: what is called most comes first.
    config
        .service(metering::record_usage)
        .service(metering::record_litellm_logs)
        .service(metering::record_cloud_events)
        .service(usage::get_usage_settings)
        .service(usage::set_usage_settings)
        .service(usage::list_unmatched_usage)
        .service(usage::match_unmatched_usage)
        .service(usage::discard_unmatched_usage)
        .service(usage::list_usage_aliases)
        .service(usage::delete_usage_alias)
        .service(exchange_rates::create_exchange_rate)
        .service(exchange_rates::list_exchange_rates);
    config
        .service(metering::place_hold)
        .service(metering::list_holds)
        .service(metering::capture_hold)
        .service(metering::release_hold);
    config.service(setup::get_setup).service(setup::set_up);
    config
        .service(sessions::sign_in)
        .service(sessions::refresh_session)
        .service(sessions::sign_out)
        .service(sessions::sign_out_everywhere);
    config
        .service(sessions::get_me)
        .service(sessions::invite_person)
        .service(sessions::accept_invitation);
    config
        .service(people::list_people)
        .service(people::create_person)
        .service(people::change_role)
        .service(people::move_person)
        .service(people::suspend_person)
        .service(people::reinstate_person)
        .service(people::leave_person)
        .service(people::get_person)
        .service(people::update_person)
        .service(imports::import_people);
    config
        .service(groups::list_groups)
        .service(groups::create_group)
        .service(groups::get_group)
        .service(groups::update_group)
        .service(groups::delete_group);
    config
        .service(credit_types::list_credit_types)
        .service(credit_types::create_credit_type)
        .service(credit_types::get_overview)
        .service(credit_types::list_cycles)
        .service(credit_types::reset_cycle)
        .service(credit_types::undo_reset)
        .service(credit_types::archive_credit_type)
        .service(credit_types::restore_credit_type)
        .service(credit_types::list_setting_changes)
        .service(credit_types::list_attention)
        .service(credit_types::get_credit_type)
        .service(credit_types::update_credit_type);
    config
        .service(allocations::get_wallet)
        .service(allocations::list_group_rows)
        .service(allocations::update_group_allocation)
        .service(allocations::list_member_rows)
        .service(allocations::list_reports)
        .service(allocations::order_members)
        .service(allocations::look_up_member_rows)
        .service(allocations::export_member_rows)
        .service(allocations::allocate_many)
        .service(imports::import_allocations)
        .service(allocations::explain_member)
        .service(allocations::list_grants)
        .service(allocations::create_grant)
        .service(allocations::revoke_grant)
        .service(allocations::save_member_allocations)
        .service(allocations::update_member_allocation);
    config
        .service(api_keys::create_api_key)
        .service(api_keys::list_api_keys)
        .service(api_keys::revoke_api_key);
    config
        .service(costs::get_costs)
        .service(costs::get_cost_series)
        .service(costs::export_costs)
        .service(costs::export_costs_workbook)
        .service(costs::list_cost_events)
        .service(costs::export_cost_events)
        .service(costs::list_alerts);
    config
        .service(charges::create_charge)
        .service(charges::reverse_charge);
    config
        .service(credit_requests::create_credit_request)
        .service(credit_requests::list_credit_requests)
        .service(credit_requests::count_credit_requests)
        .service(credit_requests::decide_credit_requests)
        .service(credit_requests::get_credit_request)
        .service(credit_requests::approve_credit_request)
        .service(credit_requests::deny_credit_request)
        .service(credit_requests::ask_credit_request)
        .service(credit_requests::answer_credit_request)
        .service(credit_requests::withdraw_credit_request);
    config
        .service(organisation::get_organisation)
        .service(organisation::update_organisation);
    config
        .service(books::list_ledger_entries)
        .service(books::list_audit_entries)
        .service(books::get_books);
    config.service(live::stream_changes);
}

/// The application for one worker.
#[expect(
    clippy::disallowed_methods,
    reason = "the one fallback; it serves no operation"
)]
pub fn app(
    state: State,
    document: Document,
    headers: SecurityHeaders,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    // The document's address lies inside the scope of the areas, so it must be known to the router first.
    let app = App::new()
        .configure(serve_document)
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .configure(serve_reader);
    app.app_data(web::Data::new(state))
        .app_data(web::Data::new(document))
        .app_data(web::Data::new(headers))
        .app_data(web::PathConfig::default().error_handler(|_, _| not_an_address().into()))
        .default_service(web::to(fallback::answer))
        .wrap(from_fn(headers::finish))
        .wrap(TracingLogger::<Spans>::new())
}

#[expect(clippy::disallowed_methods, reason = "the document cannot describe itself")]
fn serve_document(config: &mut web::ServiceConfig) {
    let get_document = |document: web::Data<Document>| async move {
        HttpResponse::Ok()
            .content_type("application/json")
            .body(document.text().to_string())
    };
    config.route(DOCUMENT, web::get().to(get_document));
}

/// The document's reader. Its address is an expression, which is tried last.
fn serve_reader(config: &mut web::ServiceConfig) {
    config
        .service(web::redirect("/api/docs", "/api/docs/"))
        .service(SwaggerUi::new("/api/docs/{_:.*}").config(Config::from(DOCUMENT)));
}
