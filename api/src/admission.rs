//! Who may ask how much of what: the class of every root field, and whose limits a request counts on.

use std::{collections::BTreeMap, net::IpAddr};

use axum::http::StatusCode;
use boai_entity::Instant;

use crate::{
    config::{ClassRates, RatesConfig},
    platform::{
        lang::Lang,
        proxies::network_bits,
        rates::{Charge, Exceeded, Rate, Rates, Verdict},
        wire::Refused,
    },
};

/// The code of whatever is refused because there was too much of it.
pub const RATE_LIMITED: &str = "RATE_LIMITED";

/// What root fields have in common for whoever must not have too much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    SignIn,
    Refresh,
    Search,
    Read,
    Write,
    Check,
    Desk,
    Download,
    Subscribe,
}

/// Every root field of queries and mutations, and its class; a test holds it against the schema.
const CLASSES: &[(&str, Class)] = &[
    ("accountRecoveries", Class::Read),
    ("activities", Class::Search),
    ("activitiesNear", Class::Search),
    ("awardRound", Class::Read),
    ("honourQueue", Class::Read),
    ("honourRoll", Class::Search),
    ("honourRollDrafts", Class::Read),
    ("honourRollIssue", Class::Search),
    ("awardRounds", Class::Read),
    ("badgeStock", Class::Read),
    ("branches", Class::Search),
    ("commendationRound", Class::Search),
    ("commendationRounds", Class::Search),
    ("consentTexts", Class::Read),
    ("desk", Class::Read),
    ("myClaims", Class::Read),
    ("disputes", Class::Read),
    ("division", Class::Read),
    ("divisions", Class::Search),
    ("guardianView", Class::Read),
    ("identityChecks", Class::Read),
    ("me", Class::Read),
    ("monthStatements", Class::Read),
    ("monthToSign", Class::Read),
    ("node", Class::Read),
    ("pendingActs", Class::Read),
    ("lateConfirmations", Class::Read),
    ("leaderboard", Class::Read),
    ("reviewQueue", Class::Read),
    ("roleHolders", Class::Read),
    ("roleReview", Class::Read),
    ("registrationQueue", Class::Read),
    ("starCases", Class::Read),
    ("starScheme", Class::Read),
    ("teamNotice", Class::Read),
    ("teams", Class::Search),
    ("volunteerFile", Class::Read),
    ("addShift", Class::Write),
    ("openHonourRollIssue", Class::Write),
    ("putOnHonourRoll", Class::Write),
    ("takeOffHonourRoll", Class::Write),
    ("publishHonourRollIssue", Class::Write),
    ("agreeToHonourRoll", Class::Write),
    ("withdrawFromHonourRoll", Class::Write),
    ("agreeToChildHonourRoll", Class::Write),
    ("withdrawChildFromHonourRoll", Class::Write),
    ("decideHonours", Class::Write),
    ("openCommendationRound", Class::Write),
    ("nominate", Class::Write),
    ("takeNominationBack", Class::Write),
    ("closeNominations", Class::Write),
    ("reviewNominees", Class::Write),
    ("giveNoticeOfCommendations", Class::Write),
    ("publishCommendations", Class::Write),
    ("cancelCommendationRound", Class::Write),
    ("evaluateVolunteers", Class::Write),
    ("recordTraining", Class::Write),
    ("strikeFromFile", Class::Write),
    ("submitHonour", Class::Write),
    ("policyPreview", Class::Read),
    ("publishedMonth", Class::Read),
    ("badgeRulePreview", Class::Read),
    ("previewBadgeRule", Class::Write),
    ("proposeBadgeRule", Class::Write),
    ("withdrawBadgeRule", Class::Write),
    ("previewPolicy", Class::Write),
    ("proposePolicy", Class::Write),
    ("withdrawPolicy", Class::Write),
    ("answerObjection", Class::Write),
    ("applyForRegistration", Class::Write),
    ("answerDispute", Class::Write),
    ("appealDispute", Class::Write),
    ("approveAct", Class::Write),
    ("approveRecovery", Class::Write),
    ("askForPresence", Class::Write),
    ("askToJoinTeam", Class::Write),
    ("awardStars", Class::Write),
    ("backFillHours", Class::Write),
    ("cancelActivity", Class::Write),
    ("cancelAwardRound", Class::Write),
    ("cancelChildErasure", Class::Write),
    ("cancelErasure", Class::Write),
    ("changeActivity", Class::Write),
    ("changeFacility", Class::Write),
    ("changePhone", Class::SignIn),
    ("cancelShift", Class::Write),
    ("changeShift", Class::Write),
    ("changeShiftRule", Class::Write),
    ("createShiftRule", Class::Write),
    ("endShiftRule", Class::Write),
    ("checkIn", Class::Check),
    ("checkOut", Class::Check),
    ("claimHours", Class::Write),
    ("closeFacility", Class::Write),
    ("completeRecovery", Class::SignIn),
    ("confirmHours", Class::Write),
    ("confirmSecondFactor", Class::Write),
    ("confirmShift", Class::Write),
    ("createActivity", Class::Write),
    ("createFacility", Class::Write),
    ("createChildDataLink", Class::Write),
    ("createMyDataLink", Class::Write),
    ("decideDispute", Class::Write),
    ("decideIdentity", Class::Write),
    ("decideRegistrations", Class::Write),
    ("decideReviews", Class::Write),
    ("decideStarCase", Class::Write),
    ("decideTeamMember", Class::Write),
    ("declineAct", Class::Write),
    ("declineRecovery", Class::Write),
    ("deskCheckIn", Class::Desk),
    ("deskCheckOut", Class::Desk),
    ("endSession", Class::Write),
    ("enrolAsVolunteer", Class::Write),
    ("enrolSecondFactor", Class::Write),
    ("foundTeam", Class::Write),
    ("freezeAwardRound", Class::Write),
    ("giveConsent", Class::Write),
    ("giveGuardianConsent", Class::Write),
    ("grantDesk", Class::Write),
    ("grantRole", Class::Write),
    ("handOutBadge", Class::Write),
    ("issueBadges", Class::Write),
    ("leaveShift", Class::Write),
    ("leaveTeam", Class::Write),
    ("linkWeChat", Class::SignIn),
    ("objectToRecovery", Class::SignIn),
    ("objectToStar", Class::Write),
    ("openAwardRound", Class::Write),
    ("openGuardianPass", Class::SignIn),
    ("openDispute", Class::Write),
    ("openRecovery", Class::Write),
    ("provePresence", Class::Check),
    ("proveSecondFactor", Class::Write),
    ("publishActivity", Class::Write),
    ("publishAwardRound", Class::Write),
    ("receiveBadges", Class::Write),
    ("refreshSession", Class::Refresh),
    ("removeSecondFactor", Class::Write),
    ("renewRecoveryCodes", Class::Write),
    ("renewRole", Class::Write),
    ("replaceBadge", Class::Write),
    ("requestCertificate", Class::Write),
    ("requestChildData", Class::Write),
    ("requestChildErasure", Class::Write),
    ("requestErasure", Class::Write),
    ("requestGuardianCode", Class::SignIn),
    ("requestMyData", Class::Write),
    ("requestPhoneChange", Class::SignIn),
    ("requestRecoveryCode", Class::SignIn),
    ("requestSignInCode", Class::SignIn),
    ("resetSecondFactor", Class::Write),
    ("revealIdNumber", Class::Write),
    ("reviewRoles", Class::Write),
    ("reviewStarCandidates", Class::Write),
    ("revokeDesk", Class::Write),
    ("revokeRole", Class::Write),
    ("revokeStar", Class::Write),
    ("settleFlag", Class::Write),
    ("settleSyncedEnds", Class::Write),
    ("signIn", Class::SignIn),
    ("signInWithWeChat", Class::SignIn),
    ("signMonth", Class::Write),
    ("signOutEverywhere", Class::Write),
    ("signUpForShift", Class::Write),
    ("submitIdentity", Class::Write),
    ("undoDeskEntry", Class::Write),
    ("syncAttendance", Class::Check),
    ("unlinkWeChat", Class::Write),
    ("withdrawChildConsent", Class::Write),
    ("withdrawClaim", Class::Write),
    ("withdrawConsent", Class::Write),
    ("withdrawDispute", Class::Write),
];

/// Whoever sends a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub signed_in: Option<SignedIn>,
    pub address: IpAddr,
}

#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    pub person: uuid::Uuid,
    pub device: uuid::Uuid,
}

impl Class {
    /// What is no field of ours (`__typename`, `__schema`) is a read.
    pub fn of(root_field: &str) -> Self {
        CLASSES.iter().find(|(field, _)| *field == root_field).map_or(Self::Read, |(_, class)| *class)
    }

    /// Its limits with their names: by person, by device and by address.
    fn limits(self, rates: &RatesConfig) -> [(&'static str, Rate); 3] {
        let (names, ClassRates { person, device, address }) = match self {
            Self::SignIn => (["sign_in.person", "sign_in.device", "sign_in.address"], &rates.sign_in),
            Self::Refresh => (["refresh.person", "refresh.device", "refresh.address"], &rates.refresh),
            Self::Search => (["search.person", "search.device", "search.address"], &rates.search),
            Self::Read => (["read.person", "read.device", "read.address"], &rates.read),
            Self::Write => (["write.person", "write.device", "write.address"], &rates.write),
            Self::Subscribe => (["subscribe.person", "subscribe.device", "subscribe.address"], &rates.subscribe),
            // Whoever stands at the door is let in, however many stand behind the same address.
            Self::Check => return [("check", rates.check), ("", Rate(None)), ("", Rate(None))],
            // A whole queue goes through one operator's hands.
            Self::Desk => return [("desk", rates.desk), ("", Rate(None)), ("", Rate(None))],
            // The link is all that is shown, so nobody is signed in.
            Self::Download => return [("", Rate(None)), ("", Rate(None)), ("download", rates.download)],
        };
        [(names[0], *person), (names[1], *device), (names[2], *address)]
    }
}

/// Counts what an operation asks for, a class once for each time, on its caller's limits: on all or on none.
pub async fn admit(
    rates: &Rates,
    config: &RatesConfig,
    caller: Caller,
    classes: impl IntoIterator<Item = Class>,
    now: Instant,
) -> Verdict {
    let (tag, charges) = charges(config, caller, classes);
    rates.take(tag, &charges, now).await
}

/// Counts what is counted before anybody looks who sent it: a document that is not known, or a request that is refused, by
/// address. In this process alone, whose work it is: to ask Redis would be more work than most of what is counted.
pub fn charge(rates: &Rates, config: &RatesConfig, address: IpAddr, now: Instant) -> Verdict {
    let who = network_bits(address);
    let charge = config.documents.0.map(|limit| Charge { name: "documents", limit, who, weight: 1 });
    rates.take_here(charge.as_slice(), now)
}

fn charges(config: &RatesConfig, caller: Caller, classes: impl IntoIterator<Item = Class>) -> (u128, Vec<Charge>) {
    let address = network_bits(caller.address);
    let mut asked: BTreeMap<Class, u32> = BTreeMap::new();
    for class in classes {
        *asked.entry(class).or_default() += 1;
    }
    let mut charges = Vec::new();
    for (class, weight) in asked {
        let [by_person, by_device, by_address] = class.limits(config);
        let mut charge = |(name, rate): (&'static str, Rate), who| {
            charges.extend(rate.0.map(|limit| Charge { name, limit, who, weight }));
        };
        match caller.signed_in {
            Some(SignedIn { person, device }) => {
                charge(by_person, person.as_u128());
                charge(by_device, device.as_u128());
            }
            None => charge(by_address, address),
        }
    }
    (caller.signed_in.map_or(address, |signed_in| signed_in.person.as_u128()), charges)
}

/// What whoever asked too much is told.
pub fn too_many(exceeded: &Exceeded, lang: Lang) -> Refused {
    let Exceeded { standing, weight, retry_after } = exceeded;
    let (name, used, times, seconds) = (standing.name, standing.used, standing.limit.times, standing.limit.seconds);
    let message = match lang {
        Lang::En => format!(
            "Too many requests: the limit `{name}` is {times} in {seconds} s; {used} are used, and this request counts \
             {weight}. Try again in {retry_after} s."
        ),
        Lang::Zh => format!(
            "请求过于频繁:限额 `{name}` 为 {seconds} 秒内 {times} 次,已用 {used} 次,本次计 {weight} 次。请在 {retry_after} 秒后重试。"
        ),
    };
    let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, RATE_LIMITED, message).with("limit", name);
    let refused = refused.with("allowed", times).with("inSeconds", seconds).with("had", used + weight);
    refused.with("retryAfterSeconds", *retry_after)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };

    use super::*;

    #[test]
    fn every_root_field_has_a_class_and_nothing_else_has() {
        let mut fields = BTreeSet::new();
        for definition in parse_schema(crate::graphql::sdl()).unwrap().definitions {
            if let TypeSystemDefinition::Type(of) = definition
                && let TypeKind::Object(object) = &of.node.kind
                && ["Query", "Mutation"].contains(&of.node.name.node.as_str())
            {
                fields.extend(object.fields.iter().map(|field| field.node.name.node.to_string()));
            }
        }
        let known: BTreeSet<String> = CLASSES.iter().map(|(field, _)| (*field).to_owned()).collect();
        assert_eq!(known.len(), CLASSES.len(), "a field is named twice");
        let missing: Vec<_> = fields.difference(&known).collect();
        let gone: Vec<_> = known.difference(&fields).collect();
        assert!(missing.is_empty() && gone.is_empty(), "without a class in admission.rs: {missing:?}; gone: {gone:?}");
    }

    fn asked(signed_in: bool, root_fields: &[&str]) -> Vec<(&'static str, u32)> {
        let id = uuid::Uuid::from_u128;
        let signed_in = signed_in.then_some(SignedIn { person: id(1), device: id(2) });
        let caller = Caller { signed_in, address: "192.0.2.1".parse().unwrap() };
        let classes = root_fields.iter().map(|field| Class::of(field));
        let (_, charges) = charges(&RatesConfig::default(), caller, classes);
        charges.into_iter().map(|charge| (charge.name, charge.weight)).collect()
    }

    #[test]
    fn each_class_counts_as_often_as_its_fields_stand_in_the_operation() {
        assert_eq!(
            asked(true, &["me", "node", "__typename", "activitiesNear"]),
            [("search.person", 1), ("search.device", 1), ("read.person", 3), ("read.device", 3)]
        );
        assert_eq!(asked(false, &["requestSignInCode", "requestSignInCode"]), [("sign_in.address", 2)]);
    }

    #[test]
    fn a_check_in_counts_by_person_and_never_by_address() {
        assert_eq!(asked(true, &["checkIn", "checkOut"]), [("check", 2)]);
        assert_eq!(asked(false, &["checkIn", "checkOut"]), []);
    }
}
