//! Where things are: datums, distances, and the shapes SQL can search.
//!
//! Chinese maps are shifted by law: a point in Zhejiang read in the wrong datum lands about 540 m away, which refuses
//! every honest volunteer at a 100 m fence. So no pair of numbers becomes a [`Point`] without naming its datum, and
//! only WGS-84 is stored. Angles are degrees, lengths metres; pairs are `(latitude, longitude)`.

use std::f64::consts::{FRAC_PI_2, PI};

use geo::{Distance, Haversine};

/// Mean radius R₁ of the GRS 80 ellipsoid, 6 371 008.8 m (Moritz 2000). A sphere is good to 0.6 %: 60 cm at 100 m.
const EARTH_RADIUS_M: f64 = Haversine.radius();
const HALF_CIRCUMFERENCE_M: f64 = PI * EARTH_RADIUS_M;

/// The datums phones and maps speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datum {
    /// What satellites give: iOS, HTML5, WeChat unless asked otherwise.
    Wgs84,
    /// China's shifted map datum: 高德, 腾讯, WeChat on request.
    Gcj02,
    /// 百度's further shift of GCJ-02.
    Bd09,
}

/// Why a pair of numbers is no place on Earth; carries the degrees as received.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CoordinateRefusal {
    /// One of the two is NaN or infinite.
    #[error("latitude and longitude must both be finite numbers: send decimal degrees")]
    NotANumber,
    /// Beyond a pole.
    #[error("latitude {latitude} is outside -90 to 90: send decimal degrees, north positive")]
    LatitudeOutOfRange { latitude: f64 },
    /// Beyond the antimeridian; not wrapped round, because 183 is more often a mistake than a place.
    #[error("longitude {longitude} is outside -180 to 180: send decimal degrees, east positive")]
    LongitudeOutOfRange { longitude: f64 },
    /// No place as sent, but one when exchanged: Zhejiang's longitudes are impossible latitudes.
    #[error("latitude {latitude} and longitude {longitude} look swapped: exchange them")]
    LooksSwapped { latitude: f64, longitude: f64 },
}

/// A valid WGS-84 point; the only datum stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// A point from WGS-84 degrees: latitude in -90..=90, longitude in -180..=180.
    pub fn wgs84(latitude: f64, longitude: f64) -> Result<Self, CoordinateRefusal> {
        if !latitude.is_finite() || !longitude.is_finite() {
            return Err(CoordinateRefusal::NotANumber);
        }
        match (latitude.abs(), longitude.abs()) {
            (..=90.0, ..=180.0) => Ok(Self { latitude, longitude }),
            (..=90.0, _) => Err(CoordinateRefusal::LongitudeOutOfRange { longitude }),
            (..=180.0, ..=90.0) => Err(CoordinateRefusal::LooksSwapped { latitude, longitude }),
            _ => Err(CoordinateRefusal::LatitudeOutOfRange { latitude }),
        }
    }

    /// A point from degrees in `datum`, converted to WGS-84 and good to 1e-9 degrees (0.1 mm).
    ///
    /// Outside China's box (72.004..=137.8347 E, 0.8293..=55.8271 N) all datums are one. The side is decided on the
    /// numbers given, so a round trip within 2 km of the box's edge, far from any of our places, may come back shifted.
    pub fn from_datum(datum: Datum, latitude: f64, longitude: f64) -> Result<Self, CoordinateRefusal> {
        let given = Self::wgs84(latitude, longitude)?;
        let (latitude, longitude) = to_wgs84(datum, (given.latitude, given.longitude));
        Self::wgs84(latitude, longitude)
    }

    /// This point as `(latitude, longitude)` in degrees of `datum`; unchanged outside China's box.
    pub fn in_datum(self, datum: Datum) -> (f64, f64) {
        from_wgs84(datum, (self.latitude, self.longitude))
    }

    /// WGS-84 degrees, north positive.
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// WGS-84 degrees, east positive.
    pub fn longitude(self) -> f64 {
        self.longitude
    }

    /// Metres along the great circle (haversine on a sphere of 6 371 008.8 m).
    pub fn distance_m(self, other: Self) -> f64 {
        let [here, there] = [self, other].map(|it| geo::Point::new(it.longitude, it.latitude));
        Haversine.distance(here, there)
    }

    /// x (to 0 N 0 E), y (to 0 N 90 E), z (to the north pole) on the unit sphere; no unit.
    ///
    /// Stored with each activity so that SQL finds the nearest with + - * alone: no trigonometry, the same on SQLite
    /// and PostgreSQL, right at the poles and the antimeridian. Sum the squared differences and compare with
    /// [`chord_squared`]; the shorter 2 - 2·dot cancels and takes a point to be up to 0.2 m from itself.
    pub fn unit_vector(self) -> [f64; 3] {
        let (sin_latitude, cos_latitude) = self.latitude.to_radians().sin_cos();
        let (sin_longitude, cos_longitude) = self.longitude.to_radians().sin_cos();
        [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
    }
}

/// The squared straight-line distance on the unit sphere between the ends of an arc of `arc_m` metres.
///
/// Monotone, so nearer by one is nearer by the other; clamped to 0 and, from half the circumference on, to 4.
pub fn chord_squared(arc_m: f64) -> f64 {
    let half_angle = arc_m.clamp(0.0, HALF_CIRCUMFERENCE_M) / (2.0 * EARTH_RADIUS_M);
    (2.0 * half_angle.sin()).powi(2)
}

/// The metres along the great circle between unit vectors this squared distance apart: undoes [`chord_squared`].
pub fn arc_m(chord_squared: f64) -> f64 {
    2.0 * EARTH_RADIUS_M * (chord_squared.clamp(0.0, 4.0).sqrt() / 2.0).asin()
}

/// Latitudes and longitudes that surely contain a circle, for an index to search before the exact test; WGS-84 degrees,
/// each `(least, greatest)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// South to north.
    pub latitudes: (f64, f64),
    /// West to east: two ranges when the circle crosses the antimeridian, else one range twice; all longitudes when it
    /// touches a pole.
    pub longitudes: [(f64, f64); 2],
}

/// The box round all points within `radius_m` metres of `centre` by [`Point::distance_m`].
pub fn bounding_box(centre: Point, radius_m: f64) -> BoundingBox {
    // 1 mm more than asked: 100 000 times the rounding of degrees, so the rim is never lost.
    let reach = (radius_m.max(0.0) + 0.001) / EARTH_RADIUS_M;
    let latitude = centre.latitude.to_radians();
    let (south, north) = (latitude - reach, latitude + reach);
    let latitudes = (south.to_degrees().max(-90.0), north.to_degrees().min(90.0));
    if south <= -FRAC_PI_2 || north >= FRAC_PI_2 {
        return BoundingBox { latitudes, longitudes: [(-180.0, 180.0); 2] };
    }
    // Where a meridian touches the circle, sin(width) = sin(reach) / cos(latitude). The textbook asin of that loses
    // half its digits beside a pole; written as a tangent it keeps them.
    let width = reach.sin().atan2((south.cos() * north.cos()).sqrt()).to_degrees();
    let (west, east) = (centre.longitude - width, centre.longitude + width);
    let longitudes = if west < -180.0 {
        [(west + 360.0, 180.0), (-180.0, east)]
    } else if east > 180.0 {
        [(west, 180.0), (-180.0, east - 360.0)]
    } else {
        [(west, east); 2]
    };
    BoundingBox { latitudes, longitudes }
}

/// `(latitude, longitude)` in degrees of the datum that the function's name tells.
type Pair = (f64, f64);

/// Whether the shifts apply: the widely published box. Asked once per conversion, never inside the iteration, where a
/// guess hopping over the edge would see the shift come and go and not settle.
fn in_chinas_box((latitude, longitude): Pair) -> bool {
    (0.8293..=55.8271).contains(&latitude) && (72.004..=137.8347).contains(&longitude)
}

fn to_wgs84(datum: Datum, given: Pair) -> Pair {
    match datum {
        _ if !in_chinas_box(given) => given,
        Datum::Wgs84 => given,
        Datum::Gcj02 => undo(gcj02_from_wgs84, given),
        Datum::Bd09 => undo(gcj02_from_wgs84, undo(bd09_from_gcj02, given)),
    }
}

fn from_wgs84(datum: Datum, wgs84: Pair) -> Pair {
    match datum {
        _ if !in_chinas_box(wgs84) => wgs84,
        Datum::Wgs84 => wgs84,
        Datum::Gcj02 => gcj02_from_wgs84(wgs84),
        Datum::Bd09 => bd09_from_gcj02(gcj02_from_wgs84(wgs84)),
    }
}

/// The pair that `shift` moves to `target`. The shifts hardly differ between neighbours, so each round gains about two
/// digits: 3 to 5 rounds. One round, as in many libraries, errs by 2.7 m in Zhejiang.
fn undo(shift: fn(Pair) -> Pair, target: Pair) -> Pair {
    const STILL_DEGREES: f64 = 1e-9;
    const MOST_ROUNDS: usize = 20;
    let mut guess = target;
    for _ in 0..MOST_ROUNDS {
        let reached = shift(guess);
        let step = (target.0 - reached.0, target.1 - reached.1);
        guess = (guess.0 + step.0, guess.1 + step.1);
        if step.0.abs() < STILL_DEGREES && step.1.abs() < STILL_DEGREES {
            break;
        }
    }
    guess
}

/// The widely published formula: a polynomial and waves round 35 N 105 E, in metres on the Krasovsky 1940 ellipsoid.
fn gcj02_from_wgs84((latitude, longitude): Pair) -> Pair {
    const SEMI_MAJOR_M: f64 = 6_378_245.0;
    // Published as 0.00669342162296594323: the same f64, without the digits it cannot hold.
    const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
    let wave = |metres: f64, half_turns: f64| metres * 2.0 / 3.0 * (PI * half_turns).sin();

    let (x, y) = (longitude - 105.0, latitude - 35.0);
    let ripple = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let swell_north = wave(20.0, y) + wave(40.0, y / 3.0) + wave(160.0, y / 12.0) + wave(320.0, y / 30.0);
    let swell_east = wave(20.0, x) + wave(40.0, x / 3.0) + wave(150.0, x / 12.0) + wave(300.0, x / 30.0);
    let trend_north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * x.abs().sqrt();
    let trend_east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * x.abs().sqrt();

    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    let flattening = 1.0 - ECCENTRICITY_SQUARED * sin_latitude * sin_latitude;
    let parallel_m = SEMI_MAJOR_M / flattening.sqrt() * cos_latitude;
    let meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (flattening * flattening.sqrt());
    (
        latitude + ((trend_north + swell_north + ripple) / meridian_m).to_degrees(),
        longitude + ((trend_east + swell_east + ripple) / parallel_m).to_degrees(),
    )
}

/// The widely published formula: a small wobble in polar form round 0 N 0 E, then a constant shift.
fn bd09_from_gcj02((latitude, longitude): Pair) -> Pair {
    const WOBBLE: f64 = PI * 3000.0 / 180.0;
    let radius = longitude.hypot(latitude) + 0.000_02 * (latitude * WOBBLE).sin();
    let angle = latitude.atan2(longitude) + 0.000_003 * (longitude * WOBBLE).cos();
    (radius * angle.sin() + 0.006, radius * angle.cos() + 0.006_5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Destination;
    use proptest::prelude::*;

    fn point((latitude, longitude): Pair) -> Point {
        Point::wgs84(latitude, longitude).unwrap()
    }

    fn gap_m(a: Pair, b: Pair) -> f64 {
        point(a).distance_m(point(b))
    }

    #[test]
    fn the_published_pairs_come_out() {
        let inverse_bd09: fn(Pair) -> Pair = |pair| undo(bd09_from_gcj02, pair);
        let bd09: fn(Pair) -> Pair = |pair| from_wgs84(Datum::Bd09, pair);
        let gcj02: fn(Pair) -> Pair = |pair| from_wgs84(Datum::Gcj02, pair);
        // The third row was published from the closed-form inverse, which misses its own forward formula by 4.0e-7
        // degrees (48 mm); the iterated inverse does not.
        #[rustfmt::skip]
        let rows = [
            (gcj02, (39.915, 116.404), (39.91640428150164, 116.41024449916938), 1e-9),
            (bd09_from_gcj02, (39.915, 116.404), (39.92133699351021, 116.41036949371029), 1e-9),
            (inverse_bd09, (39.915, 116.404), (39.90865673957631, 116.39762729119315), 4.1e-7),
            (gcj02, (31.1774276, 121.5272106), (31.17530398364597, 121.531541859215), 1e-9),
            (gcj02, (39.911954, 116.377817), (39.91334545536069, 116.38404722455657), 1e-9),
            (bd09, (39.914266, 116.403988), (39.92196580126834, 116.41661560068297), 1e-9),
        ];
        for (convert, given, (latitude, longitude), tolerance) in rows {
            let got = convert(given);
            assert!((got.0 - latitude).abs() < tolerance, "{given:?}: {got:?}");
            assert!((got.1 - longitude).abs() < tolerance, "{given:?}: {got:?}");
        }
        assert!(gap_m(bd09_from_gcj02(inverse_bd09((39.915, 116.404))), (39.915, 116.404)) < 1e-4);
        // 杭州 and 舟山 as a map vendor draws them.
        assert!(gap_m(gcj02((30.2764043, 120.1503589)), (30.274088, 120.1550722)) < 1.0);
        assert!(gap_m(gcj02((29.9876906, 122.2030477)), (29.9852981, 122.207219)) < 1.0);
    }

    #[test]
    fn abroad_all_datums_are_one() {
        for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
            for abroad in [(45.0, 183.0), (48.8584, 2.2945), (-90.0, -180.0)] {
                assert_eq!(to_wgs84(datum, abroad), abroad);
                assert_eq!(from_wgs84(datum, abroad), abroad);
            }
        }
    }

    #[test]
    fn the_inverse_settles_on_the_edges_of_chinas_box_too() {
        for share in (0..=1000).map(|it| f64::from(it) / 1000.0) {
            let (latitude, longitude) = (0.8293 + 54.9978 * share, 72.004 + 65.8307 * share);
            let edges = [(latitude, 72.004), (latitude, 137.8347), (0.8293, longitude), (55.8271, longitude)];
            for edge in edges {
                let found = undo(gcj02_from_wgs84, edge);
                assert!(gap_m(gcj02_from_wgs84(found), edge) < 1e-4, "{edge:?}: {found:?}");
                let from_bd09 = point(to_wgs84(Datum::Bd09, edge));
                assert!(from_bd09.distance_m(point(edge)) < 2000.0, "{edge:?}: {from_bd09:?}");
            }
        }
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_to_do() {
        use CoordinateRefusal::*;
        let (nan, beyond) = (f64::NAN, f64::INFINITY);
        for (latitude, longitude) in [(nan, 120.0), (30.0, nan), (beyond, 120.0), (30.0, -beyond)] {
            assert_eq!(Point::wgs84(latitude, longitude), Err(NotANumber));
        }
        let refusal = |latitude, longitude| Point::from_datum(Datum::Gcj02, latitude, longitude).unwrap_err();
        assert_eq!(refusal(-90.1, 120.0), LatitudeOutOfRange { latitude: -90.1 });
        assert_eq!(refusal(45.0, 183.0), LongitudeOutOfRange { longitude: 183.0 });
        let swapped = refusal(120.0, 30.0);
        assert_eq!(swapped, LooksSwapped { latitude: 120.0, longitude: 30.0 });
        assert_eq!(swapped.to_string(), "latitude 120 and longitude 30 look swapped: exchange them");
    }

    #[test]
    fn far_arcs_are_clamped_and_the_radius_is_the_agreed_one() {
        assert_eq!(EARTH_RADIUS_M, 6_371_008.8);
        assert_eq!((chord_squared(-1.0), chord_squared(1e9)), (0.0, 4.0));
        assert!((arc_m(5.0) - HALF_CIRCUMFERENCE_M).abs() < 1e-6);
    }

    #[test]
    fn a_box_splits_at_the_antimeridian_and_opens_at_a_pole() {
        for longitude in [179.999, -179.999] {
            let [west, east] = bounding_box(point((0.0, longitude)), 1000.0).longitudes;
            assert!(west.0 > 179.98 && west.1 == 180.0 && east.0 == -180.0 && east.1 < -179.98);
        }
        let polar = bounding_box(point((89.999, 10.0)), 1000.0);
        assert_eq!((polar.latitudes.1, polar.longitudes), (90.0, [(-180.0, 180.0); 2]));
    }

    fn zhejiang() -> impl Strategy<Value = Point> {
        (27.0..31.2, 118.0..123.0).prop_map(point)
    }

    /// Half the time beside a pole, half the time beside the antimeridian.
    fn anywhere() -> impl Strategy<Value = Point> {
        let latitude = prop_oneof![-90.0..=90.0, -90.0..=-89.6, 89.6..=90.0, Just(0.0)];
        let longitude = prop_oneof![-180.0..=180.0, -180.0..=-179.6, 179.6..=180.0, Just(0.0)];
        (latitude, longitude).prop_map(point)
    }

    /// `None` where the helper's own rounding steps over a pole.
    fn walk(from: Point, bearing: f64, metres: f64) -> Option<Point> {
        let start = geo::Point::new(from.longitude, from.latitude);
        let end: geo::Point = Haversine.destination(start, bearing, metres);
        Point::wgs84(end.y(), end.x()).ok()
    }

    proptest! {
        #[test]
        fn a_round_trip_ends_where_it_began(start in zhejiang()) {
            for datum in [Datum::Gcj02, Datum::Bd09] {
                let (latitude, longitude) = start.in_datum(datum);
                let back = Point::from_datum(datum, latitude, longitude).unwrap();
                prop_assert!(start.distance_m(back) < 0.01);
            }
        }

        /// Measured on a grid of 1501 x 1501: 454.34 to 621.23 m, mean 539.43 m.
        #[test]
        fn a_mix_up_of_datums_in_zhejiang_moves_half_a_kilometre(start in zhejiang()) {
            let mixed_up = point(start.in_datum(Datum::Gcj02));
            prop_assert!((454.0..=621.5).contains(&start.distance_m(mixed_up)));
        }

        #[test]
        fn chords_agree_with_the_haversine(start in anywhere(), bearing in 0.0..360.0, metres in 0.0..50_000.0) {
            let Some(end) = walk(start, bearing, metres) else { return Ok(()) };
            let (from, to) = (start.unit_vector(), end.unit_vector());
            let chord = from.iter().zip(to).map(|(a, b)| (a - b) * (a - b)).sum();
            let distance = start.distance_m(end);
            prop_assert!((arc_m(chord) - distance).abs() < 0.001);
            prop_assert!((arc_m(chord_squared(distance)) - distance).abs() < 0.001);
        }

        /// Each point lies on the rim itself: its own distance is the radius.
        #[test]
        fn a_box_contains_its_circle(start in anywhere(), bearing in 0.0..360.0, exponent in -1.0..7.3, widest: bool) {
            let metres = 10_f64.powf(exponent);
            // The bearing at which the circle touches its outermost meridian, where there is one.
            let outermost = (metres / EARTH_RADIUS_M).tan() * start.latitude.to_radians().tan();
            let bearing = match outermost.acos().to_degrees() {
                angle if widest && angle.is_finite() => angle.copysign(bearing - 180.0),
                _ => bearing,
            };
            let Some(rim) = walk(start, bearing, metres) else { return Ok(()) };
            let bounds = bounding_box(start, start.distance_m(rim));
            let within = |(least, greatest): Pair, it| (least..=greatest).contains(&it);
            prop_assert!(within(bounds.latitudes, rim.latitude), "{rim:?} {bounds:?}");
            let inside = bounds.longitudes.iter().any(|&range| within(range, rim.longitude));
            prop_assert!(inside, "{rim:?} {bounds:?}");
        }
    }
}
