//! Coordinates in the API: every one that comes in names its datum, every one that goes out says its own.

use async_graphql::{Enum, InputObject, Result, SimpleObject};

use super::geodesy::{self, Point};
use crate::platform::{
    errors::Fault,
    scalars::{Latitude, Longitude},
};

mod facilities;

pub use facilities::{Facility, FacilityMutation, facilities_of, facility_by_id};

/// The coordinate system of a pair of degrees. In China the same place differs by hundreds of metres between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "geodesy::Datum")]
pub enum Datum {
    /// GPS: iOS, HTML5, WeChat's default.
    #[graphql(name = "WGS84")]
    Wgs84,
    /// 火星坐标: 高德, 腾讯, WeChat on request.
    #[graphql(name = "GCJ02")]
    Gcj02,
    /// 百度
    #[graphql(name = "BD09")]
    Bd09,
}

/// A point with its datum; there is no default.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct Place {
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// The coordinate system that the phone or map gave; there is no default.
    pub datum: Datum,
}

impl Place {
    /// The point in WGS-84: coordinates are converted here, once.
    pub fn point(self) -> Result<Point, Fault> {
        Point::from_datum(self.datum.into(), self.latitude.0, self.longitude.0)
            .map_err(|refusal| Fault::bad_input(refusal.to_string()))
    }
}

/// A point with its datum.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Coordinates {
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// The coordinate system of the two numbers.
    pub datum: Datum,
}

impl Coordinates {
    /// A stored (WGS-84) point in the datum that was asked for.
    pub fn of(latitude: f64, longitude: f64, datum: Datum) -> Result<Self> {
        let point = Point::wgs84(latitude, longitude).map_err(|refusal| Fault::Internal(refusal.to_string()))?;
        let (latitude, longitude) = point.in_datum(datum.into());
        Ok(Self { latitude: Latitude(latitude), longitude: Longitude(longitude), datum })
    }
}
