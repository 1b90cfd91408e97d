//! Between the contract and the application.

use allowance_api_types::organisation::{OrganisationSettingsView, UpdateOrganisationBody};
use allowance_app::organisation::{UpdateOrganisation, etag};
use allowance_store::{Organisation, OrganisationSettings};

pub(super) fn settings_view(organisation: &Organisation) -> OrganisationSettingsView {
    let Organisation {
        id: _,
        name,
        time_zone,
        currency,
        settings,
        version: _,
    } = organisation;
    let OrganisationSettings {
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
    } = *settings;
    OrganisationSettingsView {
        name: name.clone(),
        time_zone: time_zone.clone(),
        currency: *currency,
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
        etag: etag(organisation),
    }
}

pub(super) fn update_organisation(body: UpdateOrganisationBody) -> UpdateOrganisation {
    let UpdateOrganisationBody {
        name,
        time_zone,
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
    } = body;
    UpdateOrganisation {
        name,
        time_zone,
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
    }
}
