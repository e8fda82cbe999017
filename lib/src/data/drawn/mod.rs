//! The drawn sample: cats and dogs that the library paints itself, so that lesson 1
//! runs anywhere without a photograph.
//!
//! The way of a picture: a seed throws the dice (`math`); an animal is cast with
//! proportions and a coat (`cat`, `dog`, `palette`, `coat`) and posed as
//! rods in space (`pose`, `solid`); then a backdrop (`backdrop`), its fur
//! (`fur`), its face (`face`) and what lies before it (`front`) are painted
//! on a `canvas` in that order (`scene`). Only anatomy tells the classes apart:
//! colours, places, poses, sizes and light have the same odds for both.

mod backdrop;
mod canvas;
mod cat;
mod coat;
mod dog;
mod face;
mod front;
mod fur;
mod math;
mod palette;
mod pose;
mod sample;
mod scene;
mod solid;

pub use sample::write_sample;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Animal {
    /// Slit pupils, whiskers, pricked ears.
    Cat,
    /// A long muzzle with a big nose.
    Dog,
}

impl std::fmt::Display for Animal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Animal::Cat => "cat",
            Animal::Dog => "dog",
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
