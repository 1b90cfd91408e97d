//! The database. The only crate that knows sea-orm; rows hold raw `i64` and `Uuid`, what leaves here is typed.
//!
//! Every write goes through [`Store::transact`]: it takes the organisation's head first, so that nothing a posting reads
//! can change under it, and it is run again when the database asks for it, so the closure does nothing but database
//! work; it receives the [`Tx`] and ends in [`Tx::done`], the only shape that commits. [`Tx::post`] is the one door through
//! which credits move. `DbErr` never leaves the crate.

mod api_keys;
mod audit;
mod clause;
mod clock;
mod connect;
mod costs;
mod credit_requests;
mod credit_types;
mod door;
mod entities;
mod error;
mod groups;
mod idempotency;
mod ledger;
mod live;
mod metering;
mod pages;
mod people;
mod secrets;
mod sessions;
mod snapshot;
pub mod testing;
mod tx;

pub use api_keys::{ApiKeyRow, KnownKey, NewApiKey};
pub use audit::{AuditFilter, AuditLine, AuditRecord};
pub use clock::{Clock, IdSource, ManualClock, SystemClock, TimeOrderedIds};
pub use connect::{ConnectError, Store, StoreOptions};
pub use costs::{
    AlertFilter, AlertRow, AlertScope, CostBy, CostCycle, CostDays, CostEvent, CostEventKind, CostEventStart,
    CostFigures, CostFilter, CostKey, CostOrder, CostPage, CostPages, CostPeriod, CostPosition, CostQuery,
    CostRow, CostStart, CostTotals, CostViewer, Layers, RolledUp,
};
pub use credit_requests::{
    Around, CreditRequestRow, PayingGroup, RequestChange, RequestEvent, RequestFilter, RequestScope,
    RequestStart, RequestViewer,
};
pub use credit_types::{
    CreditTypeRow, CycleReason, CycleRow, NewCreditType, SettingChange, SettingChangeRow, ShortMove,
    SignUpRow,
};
pub use error::{StoreError, TransactError};
pub use groups::{Group, GroupStart};
pub use idempotency::{Claim, KeyScope, SavedAnswer};
pub use ledger::{
    ChargeRow, DayUse, Decided, EntryFilter, EntryRow, Finding, GroupRow, Holder, LastProof, MemberOverage,
    MemberPlace, MemberRow, MemberView, Moment, NewCharge, OpenBook, OrderBy, Pen, Proof, Rebuilt, Shelf,
};
pub use live::{Positions, Pulse};
pub use metering::{
    AliasRow, Batch, ExchangeRateFilter, ExchangeRateRow, HoldFilter, HoldRow, HoldState, HoldViewer,
    KeptUsageRow, PersonKeys, PersonNames, Prepared, SourcedName, UnmatchedRow, UsageRow, UsageSettingsRow,
    rules_json,
};
pub use people::{
    Membership, NewPerson, PageStart, PeopleFilter, PeopleOrder, PeoplePage, PersonCard, PersonRow,
    PersonUpdate, Scope, Total,
};
pub use sessions::{
    Credential, Founder, Founding, Invitation, Me, NewSession, Organisation, OrganisationSettings, Session,
};
pub use tx::{Done, Head, Origin, Tx};
