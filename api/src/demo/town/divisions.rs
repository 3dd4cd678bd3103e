//! The real Zhejiang: its divisions, the branches that serve them, and places to serve at.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    branch, division,
    ids::BranchId,
    kinds::{BranchKind, DivisionLevel},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::chance::Chance;
use crate::places::geodesy::Point;

/// Sources and licences are in the folder's README.
const DIVISIONS: &str = include_str!("../../../data/zhejiang-divisions.csv");
const PLACES: &str = include_str!("../../../data/zhejiang-populated-places.csv");

/// As at the end of 2020 (domain, section 8). Province, cities and counties all have theirs.
pub const TOWNSHIP_BRANCHES: usize = 1_302;
pub const VILLAGE_BRANCHES: usize = 10_907;

/// Places that GeoNames has under a name that is another county's township. This 白石镇 is 232 km from its county.
const MISPLACED: [&str; 1] = ["白石镇"];

/// A township with the place at its heart.
pub struct Site {
    pub code: String,
    pub name: String,
    pub centre: Point,
}

impl Site {
    pub fn county(&self) -> &str {
        &self.code[..6]
    }
}

pub struct Zhejiang {
    /// Above before below.
    pub divisions: Vec<division::Model>,
    pub branches: Vec<branch::Model>,
    pub sites: Vec<Site>,
    names: HashMap<String, String>,
    branch_ids: HashMap<String, BranchId>,
}

impl Zhejiang {
    pub fn new(chance: &Chance) -> Self {
        let divisions = divisions();
        let branches = branches(chance, &divisions);
        let sites = sites(&divisions);
        let upper = divisions.iter().filter(|division| division.level != DivisionLevel::Village);
        let names = upper.map(|division| (division.code.clone(), division.name.clone())).collect();
        let branch_ids = branches.iter().map(|branch| (branch.path.clone(), branch.id)).collect();
        Self { divisions, branches, sites, names, branch_ids }
    }

    /// The name of a division above the villages; empty if there is none with this code.
    pub fn name(&self, code: &str) -> &str {
        self.names.get(code).map_or("", String::as_str)
    }

    pub fn branch(&self, code: &str) -> Option<BranchId> {
        self.branch_ids.get(code).copied()
    }

    /// The sites of a city, county or township.
    pub fn sites_in(&self, code: &str) -> Vec<&Site> {
        self.sites.iter().filter(|site| site.code.starts_with(code)).collect()
    }

    /// The villages and communities of a county or township.
    pub fn villages_in(&self, code: &str) -> Vec<&str> {
        let villages = self.divisions.iter().filter(|division| division.level == DivisionLevel::Village);
        villages.map(|village| village.code.as_str()).filter(|village| village.starts_with(code)).collect()
    }
}

fn read<Line: DeserializeOwned>(file: &str) -> Vec<Line> {
    let lines = csv::Reader::from_reader(file.as_bytes()).into_deserialize().collect::<Result<_, _>>();
    lines.expect("the files are part of the program, and a test reads them whole")
}

fn divisions() -> Vec<division::Model> {
    #[derive(Deserialize)]
    struct Line {
        code: String,
        level: DivisionLevel,
        parent_code: Option<String>,
        name: String,
    }
    let row = |Line { code, level, parent_code, name }| division::Model {
        code,
        level,
        parent_code,
        name,
        valid_from: None,
        valid_to: None,
    };
    read(DIVISIONS).into_iter().map(row).collect()
}

/// Real townships only: a 4 or 5 as seventh digit marks farms, development zones and the like.
fn branches(chance: &Chance, divisions: &[division::Model]) -> Vec<branch::Model> {
    let codes = |level, fits: &dyn Fn(&division::Model) -> bool| -> Vec<&str> {
        let of_level = divisions.iter().filter(|division| division.level == level && fits(division));
        of_level.map(|division| division.code.as_str()).collect()
    };
    let real = codes(DivisionLevel::Township, &|township| !township.code[6..].starts_with(['4', '5']));
    let mut served: HashSet<&str> = chance.some(TOWNSHIP_BRANCHES, real.into_iter()).into_iter().collect();
    let reached = codes(DivisionLevel::Village, &|village| {
        village.parent_code.as_deref().is_some_and(|township| served.contains(township))
    });
    served.extend(chance.some(VILLAGE_BRANCHES, reached.into_iter()));

    let mut ids = HashMap::new();
    let mut branches = Vec::new();
    for division in divisions {
        if division.level >= DivisionLevel::Township && !served.contains(division.code.as_str()) {
            continue;
        }
        let id = BranchId(chance.id(chance.midnight));
        ids.insert(division.code.as_str(), id);
        branches.push(branch::Model {
            id,
            division_code: division.code.clone(),
            level: division.level,
            kind: BranchKind::Territorial,
            parent_id: division.parent_code.as_deref().and_then(|parent| ids.get(parent).copied()),
            path: division.code.clone(),
            name: format!("{}红十字会", division.name),
            founded_on: None,
        });
    }
    branches
}

/// The places whose Chinese name is that of exactly one township, and of no other place.
fn sites(divisions: &[division::Model]) -> Vec<Site> {
    #[derive(Deserialize)]
    struct Line {
        name_zh: String,
        latitude_wgs84: f64,
        longitude_wgs84: f64,
    }
    let lines: Vec<Line> = read(PLACES);
    let townships = divisions.iter().filter(|division| division.level == DivisionLevel::Township);
    let townships = unique(townships, |township| &township.name);
    let mut places: Vec<_> = unique(lines.iter(), |line| &line.name_zh).into_iter().collect();
    places.sort_unstable_by_key(|(name, _)| *name);

    let known = places.into_iter().filter(|(name, _)| !MISPLACED.contains(name));
    let site = |(name, line): (&str, &Line)| {
        let township = townships.get(name)?;
        let centre = Point::wgs84(line.latitude_wgs84, line.longitude_wgs84).ok()?;
        Some(Site { code: township.code.clone(), name: name.into(), centre })
    };
    known.filter_map(site).collect()
}

/// Those whose name no other has, by their name.
fn unique<'a, T>(items: impl Iterator<Item = &'a T>, name: impl Fn(&'a T) -> &'a String) -> HashMap<&'a str, &'a T> {
    let mut seen: HashMap<&str, Option<&T>> = HashMap::new();
    for item in items {
        seen.entry(name(item)).and_modify(|other| *other = None).or_insert(Some(item));
    }
    seen.into_iter().filter_map(|(name, item)| Some((name, item?))).collect()
}
