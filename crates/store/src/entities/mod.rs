//! Rows, one module per table, as the migrations made them. Raw types only.

/// A table: key columns first, then the rest.
macro_rules! entity {
    ($module:ident, $table:literal, { $($key:ident: $key_type:ty),* $(,)? }, { $($field:ident: $type:ty),* $(,)? }) => {
        #[allow(dead_code, unreachable_pub, reason = "sea-orm's derives write pub items, and more than each table needs")]
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $(#[sea_orm(primary_key, auto_increment = false)] pub $key: $key_type,)*
                $(pub $field: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

pub(crate) mod audit_entry;

entity!(audit_detail, "audit_detail", { organisation_id: Uuid, audit_entry_id: Uuid }, {
    before: Option<String>, after: Option<String>,
});
entity!(server_secret, "server_secret", { name: String }, { value: String });
entity!(organisation, "organisation", { id: Uuid }, {
    name: String, time_zone: String, currency: String, created_at: i64, managers_decide_requests: bool,
    denial_needs_reason: bool, undo_hours: i32, version: i64,
});
entity!(ledger_head, "ledger_head", { organisation_id: Uuid }, { seq: i64, at: i64, hash: Vec<u8>, epoch: i64 });
entity!(idempotency_key, "idempotency_key",
    { organisation_id: Uuid, principal_id: Uuid, route: String, key: String },
    { body_hash: Vec<u8>, status: i32, response: String, created_at: i64 });
entity!(allocation_group, "allocation_group", { organisation_id: Uuid, id: Uuid }, {
    name: String, name_key: String, is_default: bool, owner_id: Option<Uuid>, member_count: i64, is_deleted: bool,
    version: i64, created_at: i64,
});
entity!(person, "person", { organisation_id: Uuid, id: Uuid }, {
    email: String, email_key: String, display_name: String, name_key: String, title: Option<String>,
    department: Option<String>, division: Option<String>, location: Option<String>, employee_number: Option<String>,
    manager_id: Option<Uuid>, hired_on: Option<String>, status: String, role: String, group_id: Uuid, version: i64,
    created_at: i64,
});
entity!(membership_change, "membership_change", { organisation_id: Uuid, person_id: Uuid, version: i64 }, {
    at: i64, group_id: Uuid,
});
entity!(person_token, "person_token", { organisation_id: Uuid, token: String, person_id: Uuid }, {});
entity!(credential, "credential", { organisation_id: Uuid, person_id: Uuid }, {
    password_hash: String, changed_at: i64,
});
entity!(session, "session", { organisation_id: Uuid, id: Uuid }, {
    person_id: Uuid, refresh_hash: Vec<u8>, previous_hash: Option<Vec<u8>>, rotated_at: i64, created_at: i64,
    expires_at: i64, revoked_at: Option<i64>,
});
entity!(invitation, "invitation", { organisation_id: Uuid, token_hash: Vec<u8> }, {
    person_id: Uuid, expires_at: i64, used_at: Option<i64>,
});
entity!(credit_type, "credit_type", { organisation_id: Uuid, id: Uuid }, {
    name: String, name_key: String, decimals: i32, rate_side: String, rate_nanos: i64, cadence: String,
    limit_micros: i64, enforcement: String, distribution: String, rollover_percent: i32, rollover_cap: Option<i64>,
    rollover_cycles: i32, version: i64, created_at: i64, sign_up: i64, sign_up_is_pro_rata: bool,
    most_per_request: Option<i64>, most_per_person: Option<i64>, archived_at: Option<i64>, alert_thresholds: String,
});
entity!(cycle, "cycle", { organisation_id: Uuid, credit_type_id: Uuid, number: i64 }, {
    id: Uuid, starts_at: i64, ends_at: i64, opened_by: String, is_open: bool, limit_micros: i64, carried: i64,
    used: i64, held: i64, allocated: i64, planned_end: Option<i64>,
    opened_limit: Option<i64>, opened_seq: Option<i64>, stretch_of: Option<i64>,
    rollover_percent: Option<i32>, rollover_cap: Option<i64>, rollover_cycles: Option<i32>, distribution: Option<String>,
    time_zone: String,
});
entity!(group_standing, "group_standing", { organisation_id: Uuid, credit_type_id: Uuid, group_id: Uuid }, {
    monthly: i64, reserve: i64, members_monthly: i64,
});
entity!(member_standing, "member_standing", { organisation_id: Uuid, credit_type_id: Uuid, person_id: Uuid }, {
    monthly: i64, cap: Option<i64>,
});
entity!(standing_change, "standing_change",
    { organisation_id: Uuid, credit_type_id: Uuid, subject_id: Uuid, what: String, id: Uuid },
    { from_seq: i64, at: i64, before_amount: Option<i64>, after_amount: Option<i64> });
entity!(group_cycle, "group_cycle",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, group_id: Uuid },
    { monthly: i64, extra: i64, carried: i64, members_carried: i64, distributed: i64, reserve: i64, reserve_given: i64, used: i64,
      held: i64, uncovered: i64 });
entity!(member_cycle, "member_cycle",
    { organisation_id: Uuid, credit_type_id: Uuid, person_id: Uuid, cycle_number: i64 },
    { group_id: Uuid, monthly: i64, extra: i64, carried: i64, used: i64, held: i64, is_settled: bool });
entity!(lot, "lot", { organisation_id: Uuid, id: Uuid }, {
    credit_type_id: Uuid, person_id: Uuid, cycle_number: i64, made_in_cycle: i64, origin: String, source: String,
    granted: i64, amount: i64, ended: i64, priority: i32, expiry: String, expires_at: Option<i64>,
    expires_after_cycle: Option<i64>, made_at: i64, made_by: Option<Uuid>, reason: Option<String>, is_open: bool,
});
entity!(credit_type_change, "credit_type_change", { organisation_id: Uuid, credit_type_id: Uuid, id: Uuid }, {
    from_seq: i64, at: i64, setting: String, before_text: Option<String>, after_text: String, actor_id: Option<Uuid>,
});
entity!(reset_group, "reset_group",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, group_id: Uuid },
    { monthly: i64, reserve: i64, distributed: i64, carried: i64 });
entity!(reset_member, "reset_member",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, person_id: Uuid },
    { group_id: Uuid, is_touched: bool, is_counted: bool, monthly: i64, extra: i64, carried: i64, used: i64, held: i64, given: i64,
      crossed: i64, lapsed: i64 });
entity!(reset_lot, "reset_lot",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, person_id: Uuid, lot_id: Uuid },
    { amount: i64, ended: i64, expires_after_cycle: Option<i64>, is_open: bool });
entity!(books_proof, "books_proof", { organisation_id: Uuid }, {
    seq: i64, hash: Vec<u8>, at: i64, begun_at: i64, proven_at: Option<i64>, proven_seq: i64, finding: Option<String>,
    leased_by: Option<Uuid>, leased_until: i64,
});
entity!(books_sum, "books_sum",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, account: String, group_id: Uuid },
    { amount: i64 });
entity!(books_member_sum, "books_member_sum",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, person_id: Uuid, group_id: Uuid },
    { amount: i64 });
entity!(short_move, "short_move", { organisation_id: Uuid, credit_type_id: Uuid, person_id: Uuid }, {
    group_id: Uuid, missing: i64, at: i64, seq: i64,
});
entity!(sign_up_grant, "sign_up_grant", { organisation_id: Uuid, credit_type_id: Uuid, person_id: Uuid }, {
    due: i64, granted: i64, at: i64,
});
entity!(api_key, "api_key", { organisation_id: Uuid, id: Uuid }, {
    name: String, hint: String, secret_hash: Vec<u8>, scopes: String, created_at: i64, created_by: Uuid,
    expires_at: Option<i64>, revoked_at: Option<i64>, last_used_at: Option<i64>,
});
entity!(usage_event, "usage_event", { organisation_id: Uuid, source: String, event_id: String }, {
    id: Uuid, digest: Vec<u8>, credit_type_id: Uuid, person_id: Uuid, group_id: Uuid, cycle_number: i64,
    happened_at: i64, recorded_at: i64, is_late: bool, cost_nanos: Option<i64>, currency: Option<String>,
    rate_side: Option<String>, rate_nanos: Option<i64>, exchange_nanos: Option<i64>, converted_nanos: Option<i64>,
    amount: i64, over_by: i64, provider: Option<String>, model: Option<String>, operation: Option<String>,
    tags: Option<String>, metadata: Option<String>, api_key_id: Option<Uuid>, request_id: Option<String>, position: i64,
});
entity!(credit_hold, "credit_hold", { organisation_id: Uuid, id: Uuid }, {
    source: String, reference: String, digest: Vec<u8>, credit_type_id: Uuid, person_id: Uuid, group_id: Uuid,
    amount: i64, held: i64, captured: i64, tolerance: i64, over_by: i64, cost_nanos: Option<i64>,
    currency: Option<String>, rate_side: Option<String>, rate_nanos: Option<i64>, exchange_nanos: Option<i64>,
    converted_nanos: Option<i64>, note: Option<String>, state: String,
    placed_at: i64, expires_at: Option<i64>, ended_at: Option<i64>, api_key_id: Option<Uuid>,
});
entity!(capture_cost, "capture_cost", { organisation_id: Uuid, hold_id: Uuid }, {
    cost_nanos: i64, currency: String, rate_side: String, rate_nanos: i64, exchange_nanos: Option<i64>,
    converted_nanos: Option<i64>,
});
entity!(reset_hold, "reset_hold",
    { organisation_id: Uuid, credit_type_id: Uuid, cycle_number: i64, person_id: Uuid, hold_id: Uuid },
    { group_id: Uuid, held: i64 });
entity!(credit_request, "credit_request", { organisation_id: Uuid, id: Uuid }, {
    credit_type_id: Uuid, person_id: Uuid, amount: i64, term: String, reason: String, status: String, submitted_at: i64,
    closed_at: Option<i64>, approved_amount: Option<i64>, approved_term: Option<String>, cycle_number: Option<i64>,
    decided_by: Option<Uuid>, decision_note: Option<String>, version: i64,
});
entity!(credit_request_event, "credit_request_event",
    { organisation_id: Uuid, credit_request_id: Uuid, number: i64 },
    { kind: String, at: i64, actor_id: Option<Uuid>, text: Option<String> });
entity!(charge, "charge", { organisation_id: Uuid, id: Uuid }, {
    credit_type_id: Uuid, person_id: Uuid, group_id: Uuid, cycle_number: i64, amount: i64, over_by: i64,
    cost_nanos: Option<i64>, currency: Option<String>, rate_side: Option<String>, rate_nanos: Option<i64>,
    exchange_nanos: Option<i64>, converted_nanos: Option<i64>, note: String, made_at: i64, made_by: Option<Uuid>, reversed_at: Option<i64>,
});
entity!(ledger_batch, "ledger_batch", { organisation_id: Uuid, last_seq: i64 }, {
    first_seq: i64, at: i64, hash: Vec<u8>,
});
entity!(ledger_entry, "ledger_entry", { organisation_id: Uuid, seq: i64 }, {
    at: i64, kind: String, credit_type_id: Uuid, cycle_number: i64, from_kind: String, from_group: Option<Uuid>,
    to_kind: String, to_group: Option<Uuid>, person_id: Option<Uuid>, amount: i64, subject_id: Option<Uuid>,
    actor_id: Option<Uuid>, request_id: Option<String>,
});
entity!(exchange_rate, "exchange_rate", { organisation_id: Uuid, id: Uuid }, {
    currency: String, rate_nanos: i64, since: i64, recorded_at: i64, recorded_by: Uuid,
});
entity!(rate_change, "rate_change", { organisation_id: Uuid, credit_type_id: Uuid, version: i64 }, {
    at: i64, rate_side: String, rate_nanos: i64,
});
entity!(usage_settings, "usage_settings", { organisation_id: Uuid }, {
    credit_type_id: Option<Uuid>, unknown_people: String, rules: String, has_kept: bool, version: i64,
});
entity!(kept_usage, "kept_usage", { organisation_id: Uuid, source: String, event_id: String }, {
    digest: Vec<u8>, name_kind: String, name_key: String, name: String, credit_type_id: Option<Uuid>, happened_at: i64,
    kept_at: i64, cost_nanos: Option<i64>, currency: Option<String>, converted_nanos: Option<i64>, amount: Option<i64>,
    provider: Option<String>, model: Option<String>, operation: Option<String>, tags: Option<String>, metadata: Option<String>,
    api_key_id: Option<Uuid>, request_id: Option<String>, person_id: Option<Uuid>, refusal: Option<String>,
    discarded_at: Option<i64>,
});
entity!(usage_alias, "usage_alias", { organisation_id: Uuid, name_kind: String, name_key: String, source: String }, {
    id: Uuid, name: String, person_id: Uuid, made_at: i64, made_by: Option<Uuid>,
});
