//! 身边的活动: nearest first, exact at the edge of the circle, right at every latitude.
//!
//! Each activity keeps its place as a point on the unit sphere too. The squared straight-line distance between two such
//! points grows with the distance along the ground, so SQL finds the nearest with + - * alone: the same numbers on both
//! databases, no trigonometry, nothing special at poles or the antimeridian. A box of latitudes and longitudes that
//! surely holds the circle lets the index `activity_near` serve the query.

use boai_entity::{Instant, activity, kinds::Category};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use crate::{
    places::geodesy::{Point, arc_m, bounding_box, chord_squared},
    platform::{
        db::{placeholders, sql},
        pages::{Page, Slice},
    },
};

/// The farthest that can be asked for, in metres.
pub const WITHIN_MAX_M: f64 = 50_000.0;

#[derive(Clone, Debug)]
pub struct Near {
    pub centre: Point,
    /// Metres.
    pub within_m: f64,
    /// Activities with a shift that ends after `from` and starts before `to`.
    pub from: Instant,
    pub to: Instant,
    /// Empty is all.
    pub categories: Vec<Category>,
    pub only_with_places_left: bool,
}

/// An activity and how far it is.
#[derive(Clone, FromQueryResult)]
pub struct Found {
    #[sea_orm(nested)]
    pub activity: activity::Model,
    chord_squared: f64,
}

impl Found {
    /// Metres along the ground.
    pub fn distance_m(&self) -> f64 {
        arc_m(self.chord_squared)
    }

    /// What a cursor remembers: the exact bits, so that the next page begins exactly behind.
    pub fn key(&self) -> (u64, uuid::Uuid) {
        (self.chord_squared.to_bits(), self.activity.id.0)
    }
}

pub async fn find(
    db: &impl ConnectionTrait,
    near: &Near,
    page: Page<(u64, uuid::Uuid)>,
) -> Result<Slice<Found>, DbErr> {
    let rows = Found::find_by_statement(statement(db, near, &page)).all(db).await?;
    Ok(page.cut(rows))
}

/// The one statement; a test looks at its plan.
pub fn statement(db: &impl ConnectionTrait, near: &Near, page: &Page<(u64, uuid::Uuid)>) -> Statement {
    let (beyond, order) = page.seek(false);
    let [x, y, z] = near.centre.unit_vector();
    let area = bounding_box(near.centre, near.within_m);
    let [east, west] = area.longitudes;
    let mut values: Vec<Value> = vec![
        x.into(),
        y.into(),
        z.into(),
        area.latitudes.0.into(),
        area.latitudes.1.into(),
        east.0.into(),
        east.1.into(),
        west.0.into(),
        west.1.into(),
        near.from.into(),
        near.to.into(),
        chord_squared(near.within_m).into(),
    ];
    let mut filters = String::new();
    if !near.categories.is_empty() {
        filters += &format!(" AND a.category IN ({})", placeholders(values.len() + 1, near.categories.len()));
        values.extend(near.categories.iter().map(|category| Value::from(*category)));
    }
    let mut seek = String::new();
    if let Some((bits, id)) = page.from {
        let next = values.len() + 1;
        values.extend([f64::from_bits(bits).into(), id.into()]);
        seek = format!("AND (chord_squared, id) {beyond} (${next}, ${})", next + 1);
    }
    let place_left = if near.only_with_places_left { "AND s.taken < s.capacity" } else { "" };
    let chord =
        "(a.unit_x - $1) * (a.unit_x - $1) + (a.unit_y - $2) * (a.unit_y - $2) + (a.unit_z - $3) * (a.unit_z - $3)";
    let text = format!(
        "SELECT * FROM (
             SELECT a.*, {chord} AS chord_squared FROM activity a
             WHERE a.state = 'PUBLISHED' AND a.latitude BETWEEN $4 AND $5
               AND (a.longitude BETWEEN $6 AND $7 OR a.longitude BETWEEN $8 AND $9)
               AND a.ends_at > $10 {filters}
               AND EXISTS (SELECT 1 FROM shift s WHERE s.activity_id = a.id
                           AND s.cancelled_at IS NULL AND s.ends_at > $10 AND s.starts_at < $11 {place_left})
         ) AS nearby
         WHERE chord_squared <= $12 {seek}
         ORDER BY chord_squared {order}, id {order} LIMIT {}",
        page.limit + 1
    );
    sql(db, text, values)
}
