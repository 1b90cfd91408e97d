//! Parts of the app that are fetched when they are first shown, so that the first page weighs little.
//!
//! The build cuts the app at each function marked `#[wasm_split]`: what only such functions reach becomes files of its
//! own. Each of them hands out the function that draws its part, so a part that is there is drawn at once, like any
//! other view. Where the file cannot be had – no connection, or a server that has moved on – the viewer is told.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use leptos::prelude::*;
use leptos::task::spawn_local;
pub use leptos::wasm_split::{SplitLoaderError as NotLoaded, wasm_split};

use crate::ui::{Button, Empty, Glyph, Look, Skeleton};

type Draw = Rc<dyn Fn() -> AnyView>;
type Coming = Pin<Box<dyn Future<Output = Result<Draw, NotLoaded>>>>;

/// How many parts of what is shown are on their way.
#[derive(Debug, Clone, Copy)]
pub struct Parts(RwSignal<u32>);

impl Parts {
    /// For the whole app.
    pub fn start() {
        provide_context(Self(RwSignal::new(0)));
    }

    /// Whether everything that is shown is there.
    pub fn are_here(self) -> bool {
        self.0.get() == 0
    }

    /// The same, at this moment.
    pub fn are_here_untracked(self) -> bool {
        self.0.get_untracked() == 0
    }
}

/// Draws a part, as soon as it is there.
pub fn lazy<D, F>(load: fn() -> F, draw: impl Fn(D) -> AnyView + Clone + 'static) -> AnyView
where
    D: Copy + 'static,
    F: Future<Output = Result<D, NotLoaded>> + 'static,
{
    show(Box::new(move || {
        let (part, draw) = (load(), draw.clone());
        Box::pin(async move {
            let part = part.await?;
            let draw: Draw = Rc::new(move || draw(part));
            Ok(draw)
        })
    }))
}

/// Does something with a part: at once where it is there already.
pub fn with<D: 'static>(
    part: impl Future<Output = Result<D, NotLoaded>> + 'static,
    act: impl FnOnce(Result<D, NotLoaded>) + 'static,
) {
    let mut part = Box::pin(part);
    match part.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(part) => act(part),
        Poll::Pending => spawn_local(async move { act(part.await) }),
    }
}

/// Fetches a part that will be needed soon.
pub fn prepare<D: 'static>(part: impl Future<Output = Result<D, NotLoaded>> + 'static) {
    // Where it fails, whoever shows it asks again.
    spawn_local(async move { drop(part.await) });
}

/// Compiled once, whatever the part is.
fn show(load: Box<dyn Fn() -> Coming>) -> AnyView {
    let Parts(awaited) = expect_context();
    let part = RwSignal::new_local(None::<Result<Draw, NotLoaded>>);
    let load = StoredValue::new_local(move || {
        let mut coming = load();
        // One that was shown before is there at once.
        if let Poll::Ready(loaded) = coming.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            part.set(Some(loaded));
            return;
        }
        part.set(None);
        awaited.update(|count| *count = count.saturating_add(1));
        spawn_local(async move {
            let loaded = coming.await;
            let _gone = part.try_set(Some(loaded));
            awaited.update(|count| *count = count.saturating_sub(1));
        });
    });
    let load = move || load.with_value(|load| load());
    load();
    (move || match part.get() {
        None => view! { <Skeleton lines=9 /> }.into_any(),
        Some(Ok(draw)) => draw(),
        Some(Err(_)) => not_loaded(load),
    })
    .into_any()
}

fn not_loaded(retry: impl Fn() + Send + Sync + 'static) -> AnyView {
    let reload = move |()| {
        let _is_reloading = window().location().reload();
    };
    view! {
        <div role="alert">
            <Empty
                title="This part of Allowance could not be loaded"
                text="There is no connection, or Allowance has been updated since you opened it. Then reload the page."
            >
                <Button glyph=Glyph::Refresh on_press=move |()| retry()>"Retry"</Button>
                <Button look=Look::Primary on_press=reload>"Reload the page"</Button>
            </Empty>
        </div>
    }
    .into_any()
}
