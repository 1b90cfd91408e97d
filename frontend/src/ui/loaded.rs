//! The states of a view, in one place: loading, failed with retry, no permission, empty, ready, ready but stale.

use allowance_api_types::ErrorCode;
use leptos::prelude::*;

use super::{Banner, Button, Glyph, Tone, icon};
use crate::api::ApiError;
use crate::errors;
use crate::remote::{Anything, Remote, Value};

/// Grey lines in the shape of what is coming. They appear after 200 ms, so a quick answer does not flicker.
#[component]
pub fn Skeleton(#[prop(default = 5)] lines: u8) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="sr">"Loading"</span>
            {(0..lines).map(|_| view! { <div class="bone"></div> }).collect_view()}
        </div>
    }
}

/// Nothing here yet, and what to do about it.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h2>{title}</h2>
            {text.map(|text| view! { <p>{text}</p> })}
            {children.map(|children| view! { <div class="empty-actions">{children()}</div> })}
        </div>
    }
}

/// It failed: why, under which request id, and try again.
#[component]
pub fn ErrorState(error: ApiError, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let words = errors::words(&error);
    let request_id = match error {
        ApiError::Problem(problem) => Some(problem.request_id),
        ApiError::Network | ApiError::Unauthenticated | ApiError::Decode => None,
    };
    view! {
        <div class="empty" role="alert">
            <div class="empty-glyph bad">{icon(Glyph::Warning)}</div>
            <h2>"This could not be loaded"</h2>
            <p>{words}</p>
            {request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            <div class="empty-actions">
                <Button glyph=Glyph::Refresh on_press=on_retry>"Retry"</Button>
            </div>
        </div>
    }
}

/// The viewer may not be here.
#[component]
pub fn NoPermission() -> impl IntoView {
    view! {
        <Empty
            title="You do not have access to this"
            text="If you need it, ask an admin of your organisation."
        />
    }
}

/// Shows a remote value through its states. `ready` draws it; it decides itself what "empty" looks like.
#[component]
pub fn Loaded<T, F>(remote: Remote<T>, #[prop(default = 5)] lines: u8, ready: F) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Fn(T) -> AnyView + Send + Sync + 'static,
{
    loaded(
        remote.anything(),
        lines,
        Box::new(move |value| value.read().map(&ready)),
    )
}

type Draw = Box<dyn Fn(&Value) -> Option<AnyView> + Send + Sync>;

fn loaded(remote: Anything, lines: u8, draw: Draw) -> AnyView {
    let value = Memo::new(move |_| remote.value());
    let error = Memo::new(move |_| remote.error());
    let retry = Callback::new(move |()| remote.reload());
    view! {
        <div class="loaded" aria-busy=move || remote.is_loading().to_string()>
            {move || stale(value.with(Option::is_some), error.get(), retry)}
            {move || match value.get() {
                Some(value) => draw(&value).into_any(),
                None => missing(error.get(), lines, retry),
            }}
        </div>
    }
    .into_any()
}

/// Why there is nothing to show.
fn missing(error: Option<ApiError>, lines: u8, retry: Callback<()>) -> AnyView {
    match error {
        None | Some(ApiError::Unauthenticated) => view! { <Skeleton lines /> }.into_any(),
        Some(error) if matches!(error.code(), Some(ErrorCode::Forbidden | ErrorCode::NotFound)) => {
            view! { <NoPermission /> }.into_any()
        }
        Some(error) => view! { <ErrorState error on_retry=retry /> }.into_any(),
    }
}

/// What is shown is from before, and why.
fn stale(has_value: bool, error: Option<ApiError>, retry: Callback<()>) -> Option<AnyView> {
    let error = error.filter(|error| has_value && *error != ApiError::Unauthenticated)?;
    Some(
        view! {
            <Banner tone=Tone::Warn>
                {errors::words(&error)}
                " What you see is from before. "
                <button type="button" class="link" on:click=move |_| retry.run(())>"Retry"</button>
            </Banner>
        }
        .into_any(),
    )
}
