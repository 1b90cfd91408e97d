//! The section of threshold alerts: at which percentages of use somebody is told, once per threshold and cycle.

use allowance_api_types::credit_types::UpdateCreditTypeBody;

use super::spec::{FieldSpec, Kind, Known, SectionSpec, UNCHANGED, credit_type};
use crate::format;
use crate::ui::FieldErrors;

const MOST: usize = 10;
const FIELD: &str = "alert_thresholds";

pub(super) static ALERTS: SectionSpec = SectionSpec {
    title: "Threshold alerts",
    lead: "An alert is raised when use of the organisation, a group or a member reaches one of these, once per threshold and cycle.",
    fields: &[FieldSpec {
        name: FIELD,
        label: |_| "Percentages of use",
        hint: Some("Separated by commas, like 50, 80, 100. Empty is no alerts."),
        kind: Kind::Text,
    }],
    question: None,
    read: |known| Some(vec![written(&known.credit_type.alert_thresholds)]),
    write: |texts, _, errors| {
        let [text] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            alert_thresholds: Some(read(errors, text)?),
            ..UNCHANGED
        })
    },
};

/// What holds, in words.
pub(super) fn now(known: &Known) -> String {
    let percent = |threshold: &u16| format::percent(&threshold.to_string());
    let all: Vec<String> = known.credit_type.alert_thresholds.iter().map(percent).collect();
    match all.split_last() {
        None => "Now: no alerts.".to_owned(),
        Some((one, [])) => format!("Now: at {one}."),
        Some((last, rest)) => format!("Now: at {} and {last}.", rest.join(", ")),
    }
}

fn written(thresholds: &[u16]) -> String {
    let texts: Vec<String> = thresholds.iter().map(u16::to_string).collect();
    texts.join(", ")
}

/// The percentages of a text, each once, the smallest first.
fn read(errors: &mut FieldErrors, text: &str) -> Option<Vec<u16>> {
    let words = text
        .split(|letter: char| letter.is_whitespace() || ",;%".contains(letter))
        .filter(|word| !word.is_empty());
    let whole = |word: &str| word.parse().ok().filter(|number| (1..=1_000).contains(number));
    let Some(mut thresholds) = words.map(whole).collect::<Option<Vec<u16>>>() else {
        errors.add(FIELD, "Enter whole percentages from 1 to 1000.");
        return None;
    };
    thresholds.sort_unstable();
    thresholds.dedup();
    if thresholds.len() > MOST {
        errors.add(FIELD, "Enter at most ten percentages.");
        return None;
    }
    Some(thresholds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_in_any_order_and_written_in_theirs() {
        let mut errors = FieldErrors::default();
        assert_eq!(read(&mut errors, "100, 50 %, 80;80 "), Some(vec![50, 80, 100]));
        assert_eq!(read(&mut errors, " "), Some(vec![]));
        assert_eq!(written(&[50, 80]), "50, 80");
        assert!(errors.is_empty());
    }

    #[test]
    fn what_is_no_percentage_is_said() {
        for wrong in [
            "half",
            "0",
            "1001",
            "12.5",
            "-5",
            "99999999",
            "1,2,3,4,5,6,7,8,9,10,11",
        ] {
            let mut errors = FieldErrors::default();
            assert_eq!(read(&mut errors, wrong), None, "{wrong}");
            assert!(errors.get(FIELD).is_some(), "{wrong}");
        }
    }
}
