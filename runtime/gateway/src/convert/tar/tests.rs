use super::*;

/// A header block with these fields set and its checksum right.
fn header(path: &[u8], flag: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    block[..path.len()].copy_from_slice(path);
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sum(&mut block);
    block
}

fn sum(block: &mut [u8]) {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(BLOCK), 0);
    padded
}

fn entries(archive: &[u8]) -> Result<Vec<Entry>, String> {
    let mut reader = TarReader::new(archive);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        entries.push(entry);
    }
    Ok(entries)
}

#[test]
fn a_prefix_belongs_to_posix_names_only() {
    let mut block = header(b"name", b'0', b"");
    block[345..348].copy_from_slice(b"dir");
    sum(&mut block);
    assert_eq!(entries(&block).unwrap()[0].path, b"dir/name");
    block[257..265].copy_from_slice(b"ustar  \0");
    sum(&mut block);
    assert_eq!(entries(&block).unwrap()[0].path, b"name");
}

#[test]
fn numbers_are_octal_or_binary() {
    let mut block = header(b"a", b'0', b"");
    block[108..116].copy_from_slice(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]);
    block[136..148].copy_from_slice(&[0xff; 12]);
    block[116..124].copy_from_slice(b"  17 \0\0\0");
    sum(&mut block);
    let entry = &entries(&block).unwrap()[0];
    assert_eq!((entry.uid, entry.gid, entry.mtime), (0xffff_fffe, 0o17, -1));
}

#[test]
fn a_negative_size_is_refused() {
    let error = entries(&header(b"a", b'0', &[0xff; 12])).unwrap_err();
    insta::assert_snapshot!(error, @"not a valid tar archive at byte 0: the size is no number");
}

#[test]
fn an_old_directory_is_a_file_with_a_slash() {
    assert_eq!(entries(&header(b"d/", 0, b"")).unwrap()[0].kind, Kind::Directory);
    assert_eq!(entries(&header(b"d", 0, b"")).unwrap()[0].kind, Kind::File);
}

#[test]
fn a_stated_size_of_a_link_means_nothing() {
    let archive = [header(b"l", b'1', b"00000001000"), header(b"f", b'0', b"")].concat();
    let paths: Vec<_> = entries(&archive).unwrap().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, [b"l", b"f"]);
}

#[test]
fn global_headers_are_passed_over() {
    let record = b"12 path=no\n\n";
    let global = [header(b"g", b'g', b"00000000013"), padded(&record[..11])].concat();
    let archive = [global, header(b"f", b'0', b"")].concat();
    assert_eq!(entries(&archive).unwrap()[0].path, b"f");
}

#[test]
fn an_extension_without_an_entry_is_refused() {
    let archive = [header(b"x", b'L', b"00000000003"), padded(b"abc")].concat();
    let error = entries(&archive).unwrap_err();
    insta::assert_snapshot!(error, @"not a valid tar archive at byte 1024: an extension header describes no entry");
}

#[test]
fn unknown_types_are_refused_by_name() {
    let error = entries(&header(b"v", b'V', b"")).unwrap_err();
    insta::assert_snapshot!(error, @"entry `v`: the type of the entry is not known");
}

#[test]
fn any_bytes_end_in_entries_or_an_error() {
    use proptest::prelude::*;
    let block = prop_oneof![
        Just(header(b"a", b'0', b"00000000777")),
        Just(header(b"d/", b'5', b"")),
        (any::<u8>(), 0..2000_u32).prop_map(|(flag, size)| { header(b"r", flag, format!("{size:011o}").as_bytes()) }),
        prop::collection::vec(any::<u8>(), 512),
        Just(padded(b"30 mtime=1350244992.023960108\n11 path=b\n")),
    ];
    proptest!(|(blocks in prop::collection::vec(block, 0..12), cut in 0..512_usize)| {
        let mut archive = blocks.concat();
        archive.truncate(archive.len().saturating_sub(cut));
        let read = entries(&archive);
        prop_assert!(read.is_err() || read.is_ok_and(|entries| entries.len() <= blocks.len()));
    });
}
