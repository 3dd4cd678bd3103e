//! The policy, printed whole for people to review: `tests/output/policy.txt`.

use std::fmt::Write;

use boai::access::{Action, Actor, Grant, Reach, Resource, SecondFactor, Verdict, allows, judge};
use boai_entity::{
    ids::{PersonId, SessionId},
    kinds::Role,
};
use boai_tests::{Town, reviewed};
use sea_orm::Iterable;

/// Where a role can be held, as seen from the team 西湖救援队 of 西湖区.
fn places() -> [(&'static str, Reach); 8] {
    let branch = |path: &str| Reach::Branch(path.into());
    [
        ("the team", Reach::Team(Town::TEAM)),
        ("another team", Reach::Team(Town::OTHER_TEAM)),
        ("the team's branch (330106)", branch("330106")),
        ("the branch above (3301)", branch("3301")),
        ("the branch at the top (33)", branch("33")),
        ("a sibling branch (330105)", branch("330105")),
        ("a branch above a sibling (3302)", branch("3302")),
        ("a branch below (330106109)", branch("330106109")),
    ]
}

fn holder_of(grants: Vec<Grant>) -> Actor {
    let (person, session) = (PersonId(uuid::Uuid::nil()), SessionId(uuid::Uuid::nil()));
    Actor { person, session, volunteer: None, grants, second_factor: SecondFactor::Enrolled }
}

/// A line of the table: a name, and for each action whether it is allowed.
fn line(text: &mut String, name: &str, actor: &Actor, resource: Resource<'_>) {
    let _ = write!(text, "  {name:<34}");
    for action in Action::ALL {
        let name = format!("{action:?}");
        let answer = match judge(actor, action, resource) {
            Verdict::Yes => "yes",
            Verdict::SecondFactorNeeded => "code",
            Verdict::No => "·",
        };
        let _ = write!(text, "  {answer:<0$}", name.len());
    }
    let kept = text.trim_end().len();
    text.truncate(kept);
    text.push('\n');
}

#[test]
fn the_policy_is_the_reviewed_one() {
    let mut text =
        "The policy: what a role allows, by the place where it is held. `code`: once this session has proved the\n\
                    second factor, which whatever changes others' records by a role on a branch takes.\n"
            .to_owned();
    let team = Resource::Team { id: Town::TEAM, branch_path: "330106" };
    for (title, resource) in [
        ("ON THE TEAM 西湖救援队, of the branch 330106", team),
        ("ON THE BRANCH 330106", Resource::Branch { path: "330106" }),
    ] {
        let _ = write!(text, "\n{title}\n\n  {:<34}", "role, held on");
        for action in Action::ALL {
            let _ = write!(text, "  {action:?}");
        }
        text.push('\n');
        line(&mut text, "no role", &holder_of(Vec::new()), resource);
        for role in Role::iter() {
            let note = if role == Role::BranchOfficer { ", which nobody is granted on a team" } else { "" };
            let _ = writeln!(text, "  {}{note}", role.as_str());
            for (place, reach) in places() {
                line(&mut text, &format!("  {place}"), &holder_of(vec![Grant { role, reach }]), resource);
            }
        }
    }
    reviewed("policy.txt", &text);
}

/// Two roles allow together what each allows by itself: nothing is lost, and nothing is won by the combination.
#[test]
fn roles_add_up_and_no_more() {
    let resources = [Resource::Team { id: Town::TEAM, branch_path: "330106" }, Resource::Branch { path: "330106" }];
    let grants: Vec<Grant> = Role::iter().flat_map(|role| places().map(|(_, reach)| Grant { role, reach })).collect();
    for (one, other) in grants.iter().flat_map(|one| grants.iter().map(move |other| (one, other))) {
        for (action, resource) in Action::ALL.iter().flat_map(|action| resources.map(|resource| (*action, resource))) {
            let alone = |grant: &Grant| allows(std::slice::from_ref(grant), action, resource);
            let together = allows(&[one.clone(), other.clone()], action, resource);
            assert_eq!(together, alone(one) || alone(other), "{one:?} {other:?} {action:?} {resource:?}");
        }
    }
}

/// The second factor takes nothing away and gives nothing: with it, everything that the roles allow is allowed; without
/// it, what is shown, and what a role on a team allows.
#[test]
fn the_second_factor_stands_before_what_a_role_on_a_branch_changes_and_before_nothing_else() {
    let resources = [Resource::Team { id: Town::TEAM, branch_path: "330106" }, Resource::Branch { path: "330106" }];
    for grant in Role::iter().flat_map(|role| places().map(|(_, reach)| Grant { role, reach })) {
        for (action, resource) in Action::ALL.iter().flat_map(|action| resources.map(|resource| (*action, resource))) {
            let with =
                |second_factor| judge(&Actor { second_factor, ..holder_of(vec![grant.clone()]) }, action, resource);
            let allowed = allows(std::slice::from_ref(&grant), action, resource);
            assert_eq!(with(SecondFactor::Proved), if allowed { Verdict::Yes } else { Verdict::No });
            let expected = match (allowed, &grant.reach) {
                (false, _) => Verdict::No,
                (true, Reach::Branch(_)) if !action.only_shows() => Verdict::SecondFactorNeeded,
                (true, _) => Verdict::Yes,
            };
            for second_factor in [SecondFactor::Missing, SecondFactor::Enrolled] {
                assert_eq!(with(second_factor), expected, "{grant:?} {action:?} {resource:?}");
            }
        }
    }
}
