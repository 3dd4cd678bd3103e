//! 通报表扬: a branch opens a round with a quota for the branches below it, they nominate, it reviews, puts who passed under notice,
//! and commends them. A round goes the way of one for stars; what may be said of a nominee and how long a notice runs is the same.

pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
