//! The API: configuration, HTTP, guards, the API document, the embedded web app, the command line.
//!
//! No rule of the product lives here. An area is a folder with `mod.rs`, `routes.rs` and `convert.rs`, and one line in
//! [`app::routes`]. A handler reads its input through checked extractors, turns it into a command, runs a use case of
//! `allowance_app`, and turns the result into a view:
//!
//! ```text
//! /// Add a group
//! ///
//! /// The first line is the summary, the rest the description. It begins empty.
//! #[utoipa::path(
//!     tag = "groups",
//!     request_body = CreateGroupBody,
//!     responses(
//!         (status = 201, description = "The group.", body = GroupView),
//!         (status = 409, description = "The name is taken.")
//!     )
//! )]
//! #[post("/groups")]
//! pub(crate) async fn create_group(
//!     allowed: Allowed<operation::CreateGroup>,
//!     input: Valid<CreateGroupBody>,
//! ) -> Outcome {
//!     let (command, key) = (convert::create_group(input.body)?, input.key);
//!     let answer = allowed
//!         .run(|Services { app, caller }| async move {
//!             let answered = answer::render(StatusCode::CREATED, convert::group_view);
//!             app.change(&caller, key, |tx| groups::create_group(tx, &caller, &command), answered).await
//!         })
//!         .await?;
//!     answer::send(answer)
//! }
//!
//! /// List groups
//! ///
//! /// Those the caller sees, Default first, then by name.
//! #[utoipa::path(
//!     tag = "groups",
//!     params(PageQuery),
//!     responses((status = 200, description = "A page of groups.", body = Page<GroupView>))
//! )]
//! #[get("/groups")]
//! pub(crate) async fn list_groups(allowed: Allowed<operation::ListGroups>, Query(query): Query<PageQuery>) -> Outcome {
//!     let cursors = CursorOf::list("groups", &());
//!     let after = cursors.decode(query.cursor.as_deref())?;
//!     let size = page_size(query.limit);
//!     let page = allowed
//!         .run(|Services { app, caller }| async move { groups::list_groups(&app, &caller, after, size).await })
//!         .await?;
//!     answer::json(&convert::page_view(page, &cursors))
//! }
//! ```
//!
//! The guard comes first among the parameters. What moves credits takes `Valid<Body, KeyRequired>` and lists
//! `KeyHeader` among its `params`; what must not overwrite somebody else's change takes `IfMatch` and lists
//! `IfMatchHeader`. A write without a body takes `Bodiless`, an upload `CsvUpload`. Permission, security and the problems
//! that follow from an operation's shape are added to the document by [`document`]; the operation needs a line in
//! `allowance_domain::authz::Action`.

mod allocations;
mod api_keys;
pub mod app;
mod books;
mod charges;
pub mod cli;
mod costs;
mod credit_requests;
mod credit_types;
pub mod document;
mod exchange_rates;
mod groups;
pub mod guard;
mod health;
pub mod http;
mod imports;
mod live;
pub mod logging;
mod memory;
mod metering;
mod organisation;
mod people;
pub mod run;
pub mod serve;
mod sessions;
pub mod settings;
mod setup;
pub mod state;
mod usage;
pub mod web;
