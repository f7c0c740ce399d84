//! Directories that only root can search. In an image whose maker worked as root they hold programs that then fail for
//! every user, as `python` in `/root/miniconda3`.

/// How many of them are named.
const NAMED: usize = 5;

/// The programs that users miss first; others count after these.
const MISSED: [&str; 12] =
    ["python", "python3", "conda", "R", "julia", "java", "perl", "node", "ruby", "mpirun", "mpiexec", "bash"];

/// The closed directories of a merged tree, found by walking through it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// How many there are, those in others aside.
    pub count: u64,
    /// Those with programs in them, then the largest.
    pub worst: Vec<Place>,
    /// The one that the walk is in.
    inside: Option<Place>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its path in the image, without a slash before it.
    pub path: Vec<u8>,
    /// Files in it, however deep.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// The program in it that is missed most: how much, the less the more, and its path.
    pub program: Option<(usize, Vec<u8>)>,
}

impl Closed {
    /// The walk enters a directory that only root can search. False where it was in one already.
    pub(crate) fn enter(&mut self, path: &[u8]) -> bool {
        if self.inside.is_some() {
            return false;
        }
        self.count += 1;
        self.inside = Some(Place { path: path.to_vec(), ..Place::default() });
        true
    }

    /// The walk meets a file.
    pub(crate) fn file(&mut self, path: &[u8], size: u64, is_executable: bool) {
        let Some(place) = &mut self.inside else { return };
        place.files += 1;
        place.bytes = place.bytes.saturating_add(size);
        let rank = if is_executable { missed(path) } else { None };
        if let Some(rank) = rank
            && place.program.as_ref().is_none_or(|(best, _)| rank < *best)
        {
            place.program = Some((rank, path.to_vec()));
        }
    }

    /// The walk leaves the directory that it entered.
    pub(crate) fn leave(&mut self) {
        let Some(place) = self.inside.take() else { return };
        self.worst.push(place);
        let rank = |place: &Place| place.program.as_ref().map_or(usize::MAX, |(rank, _)| *rank);
        self.worst.sort_by(|a, b| rank(a).cmp(&rank(b)).then(b.bytes.cmp(&a.bytes)).then(a.path.cmp(&b.path)));
        self.worst.truncate(NAMED);
    }
}

/// How much a program is missed; `None` for what is none, as a library that is executable.
fn missed(path: &[u8]) -> Option<usize> {
    let path = String::from_utf8_lossy(path);
    let (directory, name) = path.rsplit_once('/')?;
    if !matches!(directory.rsplit('/').next(), Some("bin" | "sbin")) {
        return None;
    }
    // `python3.11` is `python3`.
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rank = MISSED.iter().position(|known| *known == name || *known == bare);
    Some(rank.unwrap_or(MISSED.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_with_the_programs_that_users_miss_come_first_and_the_rest_is_counted() {
        let mut closed = Closed::default();
        for number in 0..7 {
            assert!(closed.enter(format!("var/cache/{number}").as_bytes()));
            closed.file(format!("var/cache/{number}/x").as_bytes(), 1000 + number, true);
            closed.leave();
        }
        assert!(closed.enter(b"root"));
        closed.file(b"root/.profile", 10, false);
        closed.file(b"root/miniconda3/bin/tool", 10, true);
        assert!(!closed.enter(b"root/miniconda3/pkgs"));
        closed.file(b"root/miniconda3/bin/python3.11", 10, true);
        closed.leave();
        closed.file(b"usr/bin/python3", 10, true);
        assert_eq!((closed.count, closed.worst.len()), (8, NAMED));
        let worst = &closed.worst[0];
        assert_eq!((worst.path.as_slice(), worst.files, worst.bytes), (&b"root"[..], 3, 30));
        assert_eq!(worst.program.as_ref().unwrap().1, b"root/miniconda3/bin/python3.11");
        assert_eq!(closed.worst[1].path, b"var/cache/6");
    }
}
