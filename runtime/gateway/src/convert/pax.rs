//! Pax extended headers: `length key=value\n` records (POSIX.1-2008, pax, "pax Extended Header").

/// What extension headers say about the next entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u64>,
    pub gid: Option<u64>,
    pub mtime: Option<i64>,
    pub has_xattrs: bool,
    pub has_capability: bool,
    pub is_sparse: bool,
}

/// Reads the records of one header into `extensions`; an empty value takes a key back.
pub(crate) fn read(text: &[u8], extensions: &mut Extensions) -> Result<(), &'static str> {
    const MALFORMED: &str = "a pax header is malformed";
    let mut rest = text;
    while !rest.is_empty() {
        let blank = rest.iter().position(|byte| *byte == b' ').ok_or(MALFORMED)?;
        let length: usize = number(&rest[..blank]).ok_or(MALFORMED)?;
        if length <= blank + 1 || length > rest.len() || rest[length - 1] != b'\n' {
            return Err(MALFORMED);
        }
        let record = &rest[blank + 1..length - 1];
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(MALFORMED)?;
        take(&record[..equals], &record[equals + 1..], extensions)?;
        rest = &rest[length..];
    }
    Ok(())
}

fn take(key: &[u8], value: &[u8], extensions: &mut Extensions) -> Result<(), &'static str> {
    let name = || -> Result<_, &'static str> {
        if value.contains(&0) {
            return Err("a name in a pax header holds a zero byte");
        }
        Ok((!value.is_empty()).then(|| value.to_vec()))
    };
    let count = |what| match value {
        b"" => Ok(None),
        digits => number(digits).map(Some).ok_or(what),
    };
    match key {
        b"path" => extensions.path = name()?,
        b"linkpath" => extensions.link = name()?,
        b"size" => extensions.size = count("the size in a pax header is no number")?,
        b"uid" => extensions.uid = count("the uid in a pax header is no number")?,
        b"gid" => extensions.gid = count("the gid in a pax header is no number")?,
        b"mtime" => {
            extensions.mtime = match value {
                b"" => None,
                text => Some(seconds(text).ok_or("the mtime in a pax header is no number")?),
            };
        }
        _ => {
            let is_xattr = [&b"SCHILY.xattr."[..], b"LIBARCHIVE.xattr."];
            extensions.has_xattrs |= is_xattr.iter().any(|prefix| key.starts_with(prefix));
            extensions.has_capability |= key.ends_with(b".security.capability");
            extensions.is_sparse |= key.starts_with(b"GNU.sparse.");
        }
    }
    Ok(())
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    let digits = text.iter().all(u8::is_ascii_digit);
    digits.then(|| str::from_utf8(text).ok()?.parse().ok())?
}

/// The whole seconds of `[-]seconds[.fraction]`, rounded down.
fn seconds(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let whole: i64 = number(parts.next()?)?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let has_fraction = fraction.iter().any(|byte| *byte != b'0');
    Some(if negative { -whole - i64::from(has_fraction) } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Result<Extensions, &'static str> {
        let mut extensions = Extensions::default();
        read(text, &mut extensions)?;
        Ok(extensions)
    }

    #[test]
    fn records_are_cut_by_length_not_by_line() {
        let extensions = parsed(b"12 path=a\nb\n13 mtime=1.5\n").unwrap();
        assert_eq!(extensions.path.as_deref(), Some(&b"a\nb"[..]));
        assert_eq!(extensions.mtime, Some(1));
    }

    #[test]
    fn times_before_the_epoch_round_down() {
        assert_eq!(seconds(b"-1.5"), Some(-2));
        assert_eq!(seconds(b"-1.0"), Some(-1));
        assert_eq!(seconds(b"+1"), None);
        assert_eq!(seconds(b""), None);
    }

    #[test]
    fn malformed_records_are_refused() {
        for text in [
            &b"x"[..],
            b"5 a=b",
            b"3 a\n",
            b"99 a=b\n",
            b"6 a=b\n\n",
            b"-5 a=\n",
            b"12 size=1x\n",
            b"10 path=\0\n",
            b"18446744073709551616 a=b\n",
            b"0 \n",
        ] {
            assert!(parsed(text).is_err(), "{:?} was accepted", text.escape_ascii());
        }
    }

    #[test]
    fn attributes_and_sparse_maps_are_noticed() {
        let extensions = parsed(b"35 SCHILY.xattr.security.capability\n");
        assert!(extensions.is_err());
        let extensions = parsed(b"37 SCHILY.xattr.security.capability=\n").unwrap();
        assert!(extensions.has_xattrs && extensions.has_capability);
        let extensions = parsed(b"22 GNU.sparse.major=1\n").unwrap();
        assert!(extensions.is_sparse);
    }
}
