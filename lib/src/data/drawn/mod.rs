//! The drawn pictures: animals that the library paints itself, so that lessons run
//! anywhere without a photograph. Cats and dogs for lesson 1, and five kinds for
//! lessons on more classes.
//!
//! The way of a picture: a seed throws the dice (`math`); an animal is cast with
//! proportions and a coat (`creature`: `bird`, `cat`, `dog`, `horse`, `rabbit`;
//! `palette`, `coat`) and posed as rods in space (`pose`, `solid`); then a backdrop
//! (`backdrop`), its fur or feathers (`fur`), its face (`face`) and what lies before it
//! (`front`) are painted on a `canvas` in that order (`scene`). Only anatomy tells the
//! classes apart: colours, places, sizes and light have the same odds for all.

mod backdrop;
mod bird;
mod canvas;
mod cat;
mod coat;
mod creature;
mod dog;
mod face;
mod front;
mod fur;
mod horse;
mod math;
mod palette;
mod pose;
mod rabbit;
mod sample;
mod scene;
mod solid;

pub use sample::{write_five_kinds, write_sample};

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Animal {
    /// Feathers, two legs and a beak.
    Bird,
    /// Slit pupils, whiskers, pricked ears.
    Cat,
    /// A long muzzle with a big nose.
    Dog,
    /// Long legs, a mane, a long head.
    Horse,
    /// Long ears, a round back, a tuft of a tail.
    Rabbit,
}

impl std::fmt::Display for Animal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Animal::Bird => "bird",
            Animal::Cat => "cat",
            Animal::Dog => "dog",
            Animal::Horse => "horse",
            Animal::Rabbit => "rabbit",
        })
    }
}

/// Draws an animal, about 170 to 360 pixels wide and high. The same seed gives the same
/// picture on every machine.
///
/// ```
/// use sevenlines::data::drawn::{Animal, draw};
/// let picture = draw(Animal::Cat, 7);
/// assert_eq!(picture, draw(Animal::Cat, 7));
/// assert_ne!(picture, draw(Animal::Cat, 8));
/// ```
pub fn draw(animal: Animal, seed: u64) -> image::RgbImage {
    scene::scene(animal, seed)
}
