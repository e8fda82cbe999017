//! Colour themes of coats. All animals are cast from the same themes with the same
//! odds, so that colour does not tell them apart.

use super::coat::{Coat, Pattern};
use super::math::{Dice, v3};

/// What colour an animal is, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Ginger,
    Black,
    White,
    Grey,
    Cream,
    Brown,
    Pied,
    Tricolour,
}

pub const THEMES: [Theme; 8] = [
    Theme::Ginger,
    Theme::Black,
    Theme::White,
    Theme::Grey,
    Theme::Cream,
    Theme::Brown,
    Theme::Pied,
    Theme::Tricolour,
];

/// A plain coat in a theme's colours, varied a little.
pub fn palette(theme: Theme, dice: &mut Dice) -> Coat {
    let black = [0.13, 0.12, 0.13];
    let white = [0.93, 0.91, 0.88];
    let (base, mark, pale) = match theme {
        Theme::Ginger => ([0.8, 0.52, 0.27], [0.58, 0.31, 0.12], [0.95, 0.82, 0.65]),
        Theme::Black => ([0.17, 0.15, 0.15], [0.08, 0.07, 0.08], [0.24, 0.21, 0.2]),
        Theme::White => (white, black, white),
        Theme::Grey => ([0.55, 0.55, 0.58], [0.26, 0.26, 0.29], [0.85, 0.85, 0.86]),
        Theme::Cream => ([0.88, 0.8, 0.66], [0.36, 0.25, 0.19], [0.95, 0.91, 0.82]),
        Theme::Brown => ([0.55, 0.42, 0.29], [0.2, 0.14, 0.1], [0.82, 0.71, 0.56]),
        Theme::Pied => (black, black, white),
        Theme::Tricolour => ([0.74, 0.45, 0.22], black, white),
    };
    let collar = dice.chance(0.3).then(|| {
        let of = dice.pick(&[[0.75, 0.12, 0.12], [0.12, 0.3, 0.65], [0.1, 0.5, 0.3], [0.15, 0.13, 0.12]]);
        dice.near(of, 0.15)
    });
    Coat {
        pattern: Pattern::Plain,
        base: dice.near(base, 0.12),
        mark: dice.near(mark, 0.12),
        pale: dice.near(pale, 0.05),
        ear: dice.near([0.78, 0.55, 0.5], 0.12),
        collar,
        fur: 0.2,
        curly: false,
        place: v3(dice.range(0.0, 90.0), dice.range(0.0, 90.0), dice.range(0.0, 90.0)),
    }
}
