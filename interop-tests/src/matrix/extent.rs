//! How much of the matrix is run where a person picks nothing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Run, Surface};
use crate::peers::{Origin, Peer};
use crate::revision::{Mode, is_modern};

/// How much is run of all that could be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// Our own and one official SDK a language, each two of them on each surface once: what a person waits for.
    Usual,
    /// Every two peers of which one is ours. Between two of ours each two of transport, revision and mode meet, on each
    /// surface by turns; with an SDK of others they meet over our four together, and so do the surfaces. Over HTTP the forms
    /// of answers take turns, so that each meets both eras.
    Ours,
    /// Every two peers, whoever made them: between each two all pairs of transport, revision, mode and surface meet, and
    /// over HTTP each form of answers meets each era.
    Pairwise,
    /// Everything.
    #[default]
    Full,
}

impl Extent {
    /// The word for how much a run goes through, used in reports: two that have the same ask the same of each run.
    pub fn depth(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Ours | Self::Pairwise => "pairwise",
            Self::Full => "full",
        }
    }

    /// Keeps what belongs to it; `runs` are all that there could be, peer by peer.
    pub fn keep<'a>(self, runs: Vec<Run<'a>>) -> Vec<Run<'a>> {
        match self {
            Self::Full => runs,
            Self::Usual => usual(&runs),
            Self::Ours => with_ours(&runs),
            Self::Pairwise => pairwise(&runs),
        }
    }

    /// Whether scripts that take long are gone through: those that start a server each, and those that are heavy.
    pub fn has_long(self, run: &Run<'_>) -> bool {
        match self {
            Self::Usual => run.client.name == run.server.name,
            // What goes wrong on the wire has nothing to do with how the era was found out, and answers that are as they
            // fit have either form.
            Self::Ours | Self::Pairwise => is_plain(run),
            Self::Full => true,
        }
    }
}

fn is_ours(peer: &Peer) -> bool {
    peer.kind == Origin::Ours
}

/// Whether nothing is asked for but that the two talk: the client finds out the era, and the server chooses the form of
/// its answers.
fn is_plain(run: &Run<'_>) -> bool {
    run.mode == Mode::Auto && run.transport.answers().is_none()
}

/// The runs of each client with each server.
fn pairs<'r, 'a>(runs: &'r [Run<'a>]) -> impl Iterator<Item = &'r [Run<'a>]> {
    runs.chunk_by(|one, next| one.client.name == next.client.name && one.server.name == next.server.name)
}

/// Those of them that one of ours takes part in.
fn pairs_with_ours<'r, 'a>(runs: &'r [Run<'a>]) -> impl Iterator<Item = &'r [Run<'a>]> {
    pairs(runs).filter(|pair| pair.iter().any(|run| is_ours(run.client) || is_ours(run.server)))
}

fn usual<'a>(runs: &[Run<'a>]) -> Vec<Run<'a>> {
    let is_usual = |pair: &&[Run<'a>]| pair.iter().all(|run| run.client.is_usual() && run.server.is_usual());
    pairs_with_ours(runs).filter(is_usual).enumerate().flat_map(|(number, pair)| once(pair, number)).collect()
}

fn with_ours<'a>(runs: &[Run<'a>]) -> Vec<Run<'a>> {
    let mut kept = Vec::new();
    // The runs of a peer of others in one role, over all of ours.
    let mut others: Vec<(&str, bool, Vec<Run<'a>>)> = Vec::new();
    for (number, pair) in pairs_with_ours(runs).enumerate() {
        let Some(Run { client, server, .. }) = pair.first() else { continue };
        if is_ours(client) && is_ours(server) {
            kept.extend(by_turns(pair, cover(pair, between_ours), number));
            continue;
        }
        let (other, serves) = if is_ours(client) { (server, true) } else { (client, false) };
        match others.iter_mut().find(|(name, role, _)| *name == other.name && *role == serves) {
            Some((_, _, runs)) => runs.extend_from_slice(pair),
            None => others.push((&other.name, serves, pair.to_vec())),
        }
    }
    for (_, _, runs) in &others {
        kept.extend(cover(runs, over_ours).into_iter().cloned());
    }
    let place = |run: &Run<'_>| runs.iter().position(|one| one.folder() == run.folder());
    kept.sort_by_cached_key(place);
    kept
}

fn pairwise<'a>(runs: &[Run<'a>]) -> Vec<Run<'a>> {
    pairs(runs).flat_map(|pair| cover(pair, between_any)).cloned().collect()
}

/// One run on each surface: the newest revision over one transport, the newest legacy one over another, by turns, and so
/// are the forms of answers over HTTP.
fn once<'a>(pair: &[Run<'a>], number: usize) -> Vec<Run<'a>> {
    let mut kept = Vec::new();
    for (place, surface) in [Surface::Reference, Surface::Wide, Surface::Own].into_iter().enumerate() {
        let of_surface: Vec<&Run<'a>> = pair.iter().filter(|run| run.surface == surface).collect();
        let turn = number + 2 * place;
        let newest = |mode: Mode| {
            let of_mode = of_surface.iter().filter(|run| run.mode == mode);
            let revision = of_mode.clone().map(|run| &run.revision).max();
            let newest = of_mode.filter(move |run| Some(&run.revision) == revision).copied();
            let (over_http, mut ways): (Vec<&Run<'a>>, Vec<_>) = newest.partition(|run| run.transport.is_http());
            // A round of the transports goes by before the next form has its turn.
            ways.extend(over_http.get(turn / ROUND % over_http.len().max(1)));
            ways
        };
        let mut most = [newest(Mode::Auto), newest(Mode::Legacy)].concat();
        if most.is_empty() {
            most = newest(Mode::Modern);
        }
        kept.extend((!most.is_empty()).then(|| most[turn % most.len()].clone()));
    }
    kept
}

/// Automatic and legacy, over each of two transports.
const ROUND: usize = 4;

/// Two values that are met with in one run.
type Meeting = (String, String);

/// As few runs as a simple search finds in which all meet that meet in any of the runs.
fn cover<'r, 'a>(runs: &'r [Run<'a>], met: fn(&Run<'a>) -> Vec<Meeting>) -> Vec<&'r Run<'a>> {
    let met: Vec<Vec<Meeting>> = runs.iter().map(met).collect();
    let mut open: HashSet<&Meeting> = met.iter().flatten().collect();
    let mut kept = Vec::new();
    while !open.is_empty() {
        let gain = |place: &usize| met[*place].iter().filter(|two| open.contains(two)).count();
        // The first of the best, so that the same runs are kept each time.
        let Some(best) = (0..runs.len()).rev().max_by_key(gain) else { break };
        open.retain(|two| !met[best].contains(two));
        kept.push(best);
    }
    kept.sort_unstable();
    kept.into_iter().map(|place| &runs[place]).collect()
}

/// Each of the pair's runs on another of its surfaces than the one before.
fn by_turns<'a>(pair: &[Run<'a>], kept: Vec<&Run<'a>>, number: usize) -> Vec<Run<'a>> {
    let on_a_surface = |(turn, run): (usize, &Run<'a>)| {
        let same = |one: &&Run<'a>| one.transport == run.transport && terms(one) == terms(run);
        let alike: Vec<&Run<'a>> = pair.iter().filter(same).collect();
        alike[(number + turn) % alike.len()].clone()
    };
    kept.into_iter().enumerate().map(on_a_surface).collect()
}

/// Over HTTP the forms of answers take turns.
fn terms(run: &Run<'_>) -> Vec<String> {
    vec![run.transport.channel().word().to_owned(), run.revision.clone(), run.mode.word().to_owned()]
}

/// What has to meet between two of ours.
fn between_ours(run: &Run<'_>) -> Vec<Meeting> {
    let mut met = meetings(&terms(run));
    met.extend(form(run));
    met
}

/// What has to meet between any two: the surfaces as well, and each channel meets the scripts that take long.
fn between_any(run: &Run<'_>) -> Vec<Meeting> {
    let surface = run.surface.word().to_owned();
    let mut met = meetings(&[terms(run), vec![surface.clone()]].concat());
    met.extend(form(run));
    met.extend(is_plain(run).then(|| (run.transport.channel().word().to_owned(), format!("{surface}, plain"))));
    met
}

/// Over HTTP each form of answers meets each era.
fn form(run: &Run<'_>) -> Option<Meeting> {
    let era = if is_modern(&run.revision) { "modern era" } else { "legacy era" };
    run.transport.is_http().then(|| (format!("{} answers", run.transport), era.to_owned()))
}

/// What has to meet over all of ours with a peer of others. Which of ours it is meets the transports and surfaces alone:
/// what ours do with a revision they do alike, as their own runs show.
fn over_ours(run: &Run<'_>) -> Vec<Meeting> {
    let ours = if is_ours(run.client) { &run.client.name } else { &run.server.name };
    let surface = run.surface.word().to_owned();
    let mut met = meetings(&[terms(run), vec![surface.clone()]].concat());
    met.extend([(ours.clone(), run.transport.channel().word().to_owned()), (ours.clone(), surface)]);
    met.extend(form(run));
    met
}

fn meetings(terms: &[String]) -> Vec<Meeting> {
    let with_later = |(place, one): (usize, &String)| {
        terms[place + 1..].iter().map(|other| (one.clone(), other.clone())).collect::<Vec<_>>()
    };
    terms.iter().enumerate().flat_map(with_later).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Selection, plan};
    use crate::peers::Peers;

    fn peers() -> Peers {
        let peer = |name: &str, kind: &str, usual: bool| {
            format!(
                "[[peer]]\nname = \"{name}\"\nlanguage = \"go\"\nkind = \"{kind}\"\nrun = [\"x\"]\nusual = {usual}\n\
                 modes = [\"client\", \"server\", \"driver\", \"wide\"]\n\
                 client = {{ modes = [\"auto\", \"legacy\", \"modern\"], transports = [\"stdio\", \"http\"], \
                 revisions = [\"2025-06-18\", \"2025-11-25\", \"2026-07-28\"] }}\n\
                 server = {{ transports = [\"stdio\", \"http\", \"http-json\", \"http-stream\"], \
                 revisions = [\"2025-06-18\", \"2025-11-25\", \"2026-07-28\"] }}\n"
            )
        };
        let text = [
            peer("a", "ours", false),
            peer("b", "ours", false),
            peer("c", "official", true),
            peer("d", "official", false),
        ];
        Peers::parse(&text.concat()).unwrap()
    }

    fn runs(extent: Extent) -> Vec<String> {
        let peers = peers();
        plan(&peers, &Selection { extent, ..Selection::default() }).runs.iter().map(Run::title).collect()
    }

    #[test]
    fn a_usual_run_has_our_own_and_those_that_stand_for_others_once_a_surface() {
        let runs = runs(Extent::Usual);
        // a and b in both directions and with themselves, and each of them with c both ways.
        assert_eq!(runs.len(), (4 + 4) * 2, "{runs:?}");
        assert!(runs.iter().all(|run| !run.contains("d ") && !run.contains(" d,")), "{runs:?}");
        for word in ["stdio", "http ", "http-json", "http-stream", "auto", "legacy", "wide"] {
            assert!(runs.iter().any(|run| run.contains(word)), "{word}: {runs:?}");
        }
    }

    #[test]
    fn with_ours_at_an_end_each_two_values_meet_that_can() {
        let peers = peers();
        let all = plan(&peers, &Selection::default()).runs;
        let kept = plan(&peers, &Selection { extent: Extent::Ours, ..Selection::default() }).runs;
        let same = |is_meant: &dyn Fn(&Run<'_>) -> bool, met: fn(&Run<'_>) -> Vec<Meeting>| {
            let of = |runs: &[Run<'_>]| -> HashSet<Meeting> {
                runs.iter().filter(|run| is_meant(run)).flat_map(met).collect()
            };
            assert_eq!(of(&kept), of(&all));
        };
        same(&|run| run.client.name == "a" && run.server.name == "b", between_ours);
        same(&|run| is_ours(run.client) && run.server.name == "d", over_ours);
        same(&|run| run.client.name == "d" && is_ours(run.server), over_ours);
        assert!(kept.iter().all(|run| is_ours(run.client) || is_ours(run.server)));
        assert!(kept.len() < all.len() / 2, "{} of {}", kept.len(), all.len());
    }

    #[test]
    fn pairwise_any_two_peers_meet_in_each_two_values_that_can() {
        let peers = peers();
        let all = plan(&peers, &Selection::default()).runs;
        let kept = plan(&peers, &Selection { extent: Extent::Pairwise, ..Selection::default() }).runs;
        let (of_all, of_kept): (Vec<_>, Vec<_>) = (pairs(&all).collect(), pairs(&kept).collect());
        assert_eq!((of_all.len(), of_kept.len()), (16, 16));
        for (all, kept) in of_all.iter().zip(&of_kept) {
            let met = |runs: &[Run<'_>]| -> HashSet<Meeting> { runs.iter().flat_map(between_any).collect() };
            assert_eq!(met(kept), met(all), "{}", all[0].title());
            assert!(kept.len() < all.len() / 2, "{} of {}", kept.len(), all.len());
        }
    }
}
