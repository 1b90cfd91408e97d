//! Effects without their weight: leptos compiles an effect anew for each closure it is given, so here it is given one.

use leptos::prelude::*;

/// Runs now, and again whenever a signal that it read has changed.
pub fn effect(run: impl FnMut() + 'static) {
    start(Box::new(run));
}

fn start(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
}

/// A dialog's open state: open while there is something asked, and closing it takes the question back.
pub fn open_while<T: Send + Sync + 'static>(asked: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    effect(move || open.set(asked.with(Option::is_some)));
    on_close(open, move || asked.set(None));
    open
}

/// Runs whenever what was open has been closed.
pub fn on_close(open: RwSignal<bool>, closed: impl Fn() + 'static) {
    let mut was_open = false;
    effect(move || {
        let is_open = open.get();
        if was_open && !is_open {
            closed();
        }
        was_open = is_open;
    });
}
