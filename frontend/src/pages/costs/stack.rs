//! The stacked chart: layers of amounts by day become blocks. Integers throughout; a slot is 100 wide, the picture 1000 high.

/// How high the picture is.
pub(super) const HEIGHT: i64 = 1_000;
/// How wide one day's place is.
pub(super) const SLOT: i64 = 100;
/// Horizontal lines above the ground, at most.
const MOST_LINES: i128 = 4;

/// One layer of the stacks: an amount for each day, in any unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) colour: &'static str,
    pub(super) amounts: Vec<i128>,
}

/// A layer's part of a day's stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) layer: usize,
    pub(super) day: usize,
    pub(super) y: i64,
    pub(super) height: i64,
}

/// The picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stacks {
    pub(super) blocks: Vec<Block>,
    /// The lines, from the ground up: an amount each, evenly apart. The last is the picture's upper edge.
    pub(super) lines: Vec<i128>,
}

/// Lays the layers onto each other, the first at the ground. What is below zero takes no place.
pub(super) fn stacks(layers: &[Layer], days: usize) -> Stacks {
    let of = |layer: &Layer, day: usize| layer.amounts.get(day).copied().unwrap_or(0).max(0);
    let whole = |day: usize| -> i128 {
        layers
            .iter()
            .fold(0, |sum: i128, layer| sum.saturating_add(of(layer, day)))
    };
    let most = (0..days).map(whole).max().unwrap_or(0);
    let lines = lines(most);
    let top = lines.last().copied().unwrap_or(1).max(1);
    let height = |amount: i128| -> i64 {
        let scaled = amount
            .saturating_mul(i128::from(HEIGHT))
            .checked_div(top)
            .unwrap_or(0);
        i64::try_from(scaled).unwrap_or(HEIGHT)
    };
    let mut blocks = Vec::new();
    for day in 0..days {
        let mut sum: i128 = 0;
        for (place, layer) in layers.iter().enumerate() {
            let below = height(sum);
            sum = sum.saturating_add(of(layer, day));
            let above = height(sum);
            if above > below {
                blocks.push(Block {
                    layer: place,
                    day,
                    y: HEIGHT.saturating_sub(above),
                    height: above.saturating_sub(below),
                });
            }
        }
    }
    Stacks { blocks, lines }
}

/// Round amounts from nothing to at least the largest: steps of 1, 2 or 5 and noughts.
fn lines(most: i128) -> Vec<i128> {
    let mut noughts: i128 = 1;
    let step = loop {
        let fits = [1, 2, 5]
            .map(|digit: i128| digit.saturating_mul(noughts))
            .into_iter()
            .find(|step| step.saturating_mul(MOST_LINES) >= most);
        match (fits, noughts.checked_mul(10)) {
            (Some(step), _) => break step,
            (None, Some(more)) => noughts = more,
            (None, None) => break most,
        }
    };
    let mut lines = vec![0];
    let mut line: i128 = 0;
    while line < most.max(1) {
        line = line.saturating_add(step);
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(amounts: &[i128]) -> Layer {
        Layer {
            name: String::new(),
            colour: "c1",
            amounts: amounts.to_vec(),
        }
    }

    #[test]
    fn lines_are_round_and_reach_the_largest() {
        assert_eq!(lines(0), [0, 1]);
        assert_eq!(lines(7), [0, 2, 4, 6, 8]);
        assert_eq!(lines(8), [0, 2, 4, 6, 8]);
        assert_eq!(lines(1_234), [0, 500, 1_000, 1_500]);
        assert_eq!(
            lines(31_897_201_050),
            [0, 10_000_000_000, 20_000_000_000, 30_000_000_000, 40_000_000_000]
        );
        assert_eq!(lines(i128::MAX).last(), Some(&i128::MAX));
    }

    #[test]
    fn layers_stand_on_each_other_without_a_gap() {
        let picture = stacks(&[layer(&[2, 0]), layer(&[6, 4])], 2);
        assert_eq!(picture.lines, [0, 2, 4, 6, 8]);
        let block = |layer, day, y, height| Block {
            layer,
            day,
            y,
            height,
        };
        assert_eq!(
            picture.blocks,
            [block(0, 0, 750, 250), block(1, 0, 0, 750), block(1, 1, 500, 500)]
        );
        // Rounding never opens a gap: each block begins where the one beneath ends.
        let thirds = stacks(&[layer(&[1]), layer(&[1]), layer(&[1])], 1);
        let mut ground = HEIGHT;
        for block in &thirds.blocks {
            assert_eq!(block.y.saturating_add(block.height), ground);
            ground = block.y;
        }
    }

    #[test]
    fn nothing_and_less_than_nothing_take_no_place() {
        assert!(stacks(&[layer(&[0, -5])], 2).blocks.is_empty());
        assert!(stacks(&[], 3).blocks.is_empty());
        assert!(stacks(&[layer(&[])], 1).blocks.is_empty());
    }
}
