//! What the chart shows, as pure data: layers by day with their names and colours, their blocks, and each day in words.

use allowance_api_types::costs::{CostBy, CostLayerView, CostOrder, CostSeriesView};
use allowance_values::{CostTotal, Credits, Day};

use super::names::name;
use super::stack::{Layer, Stacks, stacks};
use crate::format;

const COLOURS: [&str; 8] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
/// The colour of everything that is in no layer of its own.
pub(super) const REST: &str = "c0";

/// The colour of the layer of a row; nothing for a row that is in the rest.
pub(super) fn colour_of(series: &CostSeriesView, key: Option<&str>) -> Option<&'static str> {
    let layers = series.layers.iter().filter(|layer| !layer.is_rest);
    let mut coloured = layers.zip(COLOURS);
    let found = coloured.find(|(layer, _)| layer.key.as_deref() == key);
    found.map_or(Some(REST), |(_, colour)| Some(colour))
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) by: CostBy,
    measure: CostOrder,
    pub(super) unit: String,
    pub(super) on: Vec<Day>,
    pub(super) layers: Vec<Layer>,
    pub(super) stacks: Stacks,
}

impl Picture {
    pub(super) fn of(series: &CostSeriesView, measure: CostOrder) -> Self {
        let amounts = |layer: &CostLayerView| match measure {
            CostOrder::Cost => layer.cost.iter().map(|cost| cost.nanos()).collect(),
            _ => layer
                .credits
                .iter()
                .map(|credits| i128::from(credits.micros()))
                .collect(),
        };
        let mut colours = COLOURS.into_iter();
        let layers: Vec<Layer> = series
            .layers
            .iter()
            .map(|layer| Layer {
                name: match series.by {
                    _ if layer.is_rest => "Everything else".to_owned(),
                    CostBy::Day => "All".to_owned(),
                    by => name(by, layer.key.as_deref(), layer.label.as_deref()),
                },
                colour: if layer.is_rest {
                    REST
                } else {
                    colours.next().unwrap_or(REST)
                },
                amounts: amounts(layer),
            })
            .collect();
        Self {
            by: series.by,
            measure,
            unit: match measure {
                CostOrder::Cost => series.currency.to_string(),
                _ => "credits".to_owned(),
            },
            on: series.on.clone(),
            stacks: stacks(&layers, series.on.len()),
            layers,
        }
    }

    /// An amount as it is written, with its digits.
    pub(super) fn amount(&self, units: i128) -> String {
        let text = match self.measure {
            CostOrder::Cost => CostTotal::from_nanos(units).to_string(),
            _ => Credits::from_micros(i64::try_from(units).unwrap_or(i64::MAX)).to_string(),
        };
        format::number(&text, 9)
    }

    /// What each layer has on a day, the topmost first; those without anything are left out.
    pub(super) fn parts(&self, day: usize) -> Vec<(&Layer, i128)> {
        let of = |layer: &Layer| layer.amounts.get(day).copied().unwrap_or(0);
        self.layers
            .iter()
            .rev()
            .map(|layer| (layer, of(layer)))
            .filter(|(_, amount)| *amount != 0)
            .collect()
    }

    pub(super) fn whole(&self, day: usize) -> i128 {
        let parts = self.parts(day).into_iter();
        parts.fold(0, |sum: i128, (_, amount)| sum.saturating_add(amount))
    }

    /// A day in a sentence, for who hears.
    pub(super) fn said(&self, day: usize) -> String {
        let on = self.on.get(day).map(|on| format::day(*on)).unwrap_or_default();
        let whole = format!("{on}: {} {}", self.amount(self.whole(day)), self.unit);
        if self.by == CostBy::Day {
            return whole;
        }
        let part = |(layer, amount): (&Layer, i128)| format!(", {} {}", layer.name, self.amount(amount));
        let parts: String = self.parts(day).into_iter().map(part).collect();
        format!("{whole}{parts}")
    }

    /// Where the middle of a day's place is, in thousandths.
    pub(super) fn middle(&self, day: usize) -> i64 {
        let part = |number: usize| i64::try_from(number).unwrap_or(0);
        part(day)
            .saturating_mul(2_000)
            .saturating_add(1_000)
            .checked_div(part(self.on.len()).saturating_mul(2))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> CostSeriesView {
        let layer = |key: Option<&str>, is_rest: bool, cost: [&str; 2]| serde_json::json!({"key": key, "is_rest": is_rest, "credits": ["0", "0"], "cost": cost});
        serde_json::from_value(serde_json::json!({
            "currency": "EUR", "by": "provider", "days": "happened",
            "period": {"from": "2026-11-01", "to": "2026-11-02"}, "on": ["2026-11-01", "2026-11-02"],
            "layers": [
                layer(Some("OpenAI"), false, ["2.5", "0"]),
                layer(None, false, ["0.5", "0.25"]),
                layer(None, true, ["1", "0"]),
            ],
            "position": {"as_of": 1, "rolled_up": 1, "added": 0},
        }))
        .unwrap()
    }

    #[test]
    fn a_row_has_the_colour_of_its_layer_and_the_rest_is_grey() {
        let series = series();
        assert_eq!(colour_of(&series, Some("OpenAI")), Some("c1"));
        assert_eq!(colour_of(&series, None), Some("c2"));
        assert_eq!(colour_of(&series, Some("Mistral")), Some(REST));
    }

    #[test]
    fn a_day_is_said_with_its_parts_from_the_top_down() {
        let picture = Picture::of(&series(), CostOrder::Cost);
        assert_eq!(
            picture.said(0),
            "2026-11-01: 4 EUR, Everything else 1, No provider 0.5, OpenAI 2.5"
        );
        assert_eq!(picture.said(1), "2026-11-02: 0.25 EUR, No provider 0.25");
        assert_eq!((picture.middle(0), picture.middle(1)), (250, 750));
        let plain = Picture::of(&series(), CostOrder::Credits);
        assert_eq!((plain.whole(0), plain.unit.as_str()), (0, "credits"));
    }
}
