//! Paging: "1–25 of 290", Previous and Next.

use allowance_api_types::Total;
use leptos::prelude::*;

use super::{Button, Look};
use crate::format;

/// Which rows are shown, of how many.
pub fn range_label(from: u64, shown: usize, total: Option<&Total>) -> String {
    let shown = u64::try_from(shown).unwrap_or(0);
    let of = total.map(|total| {
        let plus = if total.is_exact { "" } else { "+" };
        format!(" of {}{plus}", format::count(total.count))
    });
    let of = of.unwrap_or_default();
    match shown {
        0 => format!("0{of}"),
        1 => format!("{}{of}", format::count(from)),
        _ => format!(
            "{}–{}{of}",
            format::count(from),
            format::count(from.saturating_add(shown).saturating_sub(1))
        ),
    }
}

/// The foot of a list. A side without rows is shut.
#[component]
pub fn Pager(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] has_previous: Signal<bool>,
    #[prop(into)] has_next: Signal<bool>,
    #[prop(into)] on_previous: Callback<()>,
    #[prop(into)] on_next: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="pager">
            <span aria-live="polite">{move || label.get()}</span>
            <span class="spacer"></span>
            <Button look=Look::Quiet disabled=Signal::derive(move || !has_previous.get()) on_press=on_previous>
                "Previous"
            </Button>
            <Button look=Look::Quiet disabled=Signal::derive(move || !has_next.get()) on_press=on_next>
                "Next"
            </Button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_says_which_rows_of_how_many() {
        let exact = Total {
            count: 290,
            is_exact: true,
        };
        let many = Total {
            count: 1_000,
            is_exact: false,
        };
        assert_eq!(range_label(1, 25, Some(&exact)), "1–25 of 290");
        assert_eq!(range_label(276, 15, Some(&exact)), "276–290 of 290");
        assert_eq!(range_label(1, 25, Some(&many)), "1–25 of 1,000+");
        assert_eq!(range_label(1, 1, None), "1");
        assert_eq!(
            range_label(
                1,
                0,
                Some(&Total {
                    count: 0,
                    is_exact: true
                })
            ),
            "0 of 0"
        );
    }
}
