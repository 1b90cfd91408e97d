//! The web app: a single page that calls the API.
//!
//! No rule of the product lives here; what may be done comes from the server. Pages are folders by area, `ui` is what
//! they are made of, `api` the only way out. Natively only the pure parts run, for their tests.

#![expect(
    unreachable_pub,
    reason = "nothing outside uses a binary; here pub means: for the whole app"
)]

mod api;
mod app;
mod browser;
mod errors;
mod format;
mod inbox;
mod live;
mod pages;
mod parts;
mod reactive;
mod remote;
mod routes;
mod session;
mod shell;
mod theme;
mod ui;
mod unsaved;

fn main() {
    // A release says "unreachable"; while developing, the reason is worth its weight.
    #[cfg(debug_assertions)]
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    leptos::mount::mount_to_body(app::App);
}
