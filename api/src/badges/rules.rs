//! Numbers of badges, places in lists, and why a badge is not issued.

use crate::refusals;

refusals! {
    /// Why nothing was done with the badge.
    BadgeRefusal, StarBadgeErrorCode, StarBadgeError {
        /// There is no such branch, star or badge in your care.
        NotFound => "There is no such branch, star or badge in your care.", "没有您可处理的该红十字会、星级或徽章。";
        /// The star was revoked.
        StarRevoked => "The star was revoked. Nothing is handed out for it.", "该星级已撤销,不能发放徽章。";
        /// There is a good badge for this star.
        AlreadyIssued => "A badge was issued for this star. If it is lost, replace it.", "该星级已发放徽章,如遗失请补发。";
        /// The branch has none left.
        OutOfStock { star: i32 } => "The branch has no badge of star {star} left. Enter what it received first.", "该红十字会已无{star}星徽章,请先登记入库。";
        /// The badge is void: another replaced it.
        Void => "This badge is void: another one replaced it.", "该徽章已作废,已由新徽章替代。";
        /// It was handed out before.
        AlreadyHandedOut => "This badge was handed out already.", "该徽章已发放到本人。";
        /// Whoever it is for does not hand it out to themself.
        OwnBadge => "This is your own badge. Another officer issues, replaces and hands it out.", "这是您本人的徽章,须由其他干部发放或补发。";
        /// The year's list is full.
        ListFull => "As many badges were issued this year as the list of revocations holds. Please tell whoever runs this service.", "本年度徽章编号已用完,请联系平台管理人员。";
    }
}

/// Places of a list of revocations.
pub const PLACES: i32 = 1 << 20;

/// The place of the so-manieth badge of a list, from 0: each has one of its own, and neighbours lie far apart, so that a place does
/// not tell who was issued a badge with whom. (An odd factor makes a permutation of a power of two.)
pub fn place(taken: i32) -> i32 {
    let spread = i64::from(taken) * 648_055 + 271_828;
    i32::try_from(spread.rem_euclid(i64::from(PLACES))).unwrap_or_default()
}

/// A badge's number: the branch, the year, the star and the place.
pub fn number(branch_path: &str, year: i32, star: i32, place: i32) -> String {
    format!("{branch_path}-{year}-{star}-{place:07}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_badge_of_a_list_has_a_place_of_its_own() {
        let places: HashSet<i32> = (0..PLACES).map(place).collect();
        assert_eq!(places.len(), PLACES as usize);
        assert!(places.iter().all(|place| (0..PLACES).contains(place)));
        assert!((place(1) - place(0)).abs() > 1000);
    }

    #[test]
    fn a_number_reads_from_the_branch_to_the_place() {
        assert_eq!(number("330106", 2026, 5, 42), "330106-2026-5-0000042");
    }
}
