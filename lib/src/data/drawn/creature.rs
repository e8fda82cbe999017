//! What all animals have in common, as the painter sees it: a body that takes a pose,
//! a head that turns to the viewer, a skin, and a face painted last.

use super::coat::Coat;
use super::face::Face;
use super::math::{Dice, Rgb, V3};
use super::palette::THEMES;
use super::pose::Body;
use super::solid::Rod;
use super::{Animal, bird, cat, dog, horse, rabbit};

/// What covers an animal.
pub struct Skin {
    pub coat: Coat,
    pub nose: Rgb,
    /// The colour of beak, claws or hooves.
    pub horn: Rgb,
    /// Where the nose is, in the head's axes: hair lies away from it.
    pub nose_at: V3,
}

/// An animal that was cast, with all its proportions.
pub trait Creature {
    /// The body in a pose.
    fn body(&self, dice: &mut Dice) -> Body;

    /// How large the head's unit is in units of the body.
    fn head_size(&self) -> f32;

    fn skin(&self) -> Skin;

    /// The head's rods in its own axes.
    fn head(&self) -> Vec<Rod>;

    /// Paints the face on the fur.
    fn face(&self, face: &mut Face, dice: &mut Dice);
}

/// Casts an animal, in a colour theme that has the same odds for each kind.
pub fn cast(animal: Animal, dice: &mut Dice) -> Box<dyn Creature> {
    let theme = dice.pick(&THEMES);
    match animal {
        Animal::Bird => Box::new(bird::cast(theme, dice)),
        Animal::Cat => Box::new(cat::cast(theme, dice)),
        Animal::Dog => Box::new(dog::cast(theme, dice)),
        Animal::Horse => Box::new(horse::cast(theme, dice)),
        Animal::Rabbit => Box::new(rabbit::cast(theme, dice)),
    }
}
