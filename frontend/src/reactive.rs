//! Effects without their weight: leptos compiles an effect anew for each closure it is given, so here it is given one.

use leptos::prelude::*;

/// Runs now, and again whenever a signal that it read has changed.
pub fn effect(run: impl FnMut() + 'static) {
    start(Box::new(run));
}

fn start(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
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
