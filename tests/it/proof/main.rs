//! Stories of proof: what anybody can check of the hours, and what shows when somebody changed them behind the product's back.

mod certificates;
mod months;
mod roots;
mod support;
