//! The macro that turns a key table into a struct, its keys, its readers and its printer.

/// Declares a key table.
///
/// A row is `field = "key": Type { what differs from an ordinary key }`, below its documentation. The type
/// decides how the value is read and written (`Value`).
macro_rules! key_table {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$extra_meta:meta])* pub $extra:ident: $extra_type:ty, )* }
        $(#[$keys_meta:meta])*
        pub const $keys:ident;
        $( $(#[doc = $doc:literal])+ $field:ident = $key:literal: $type:ty { $( $property:ident: $value:expr ),* $(,)? }, )+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )+
            $( $(#[$extra_meta])* pub $extra: $extra_type, )*
        }

        $(#[$keys_meta])*
        pub const $keys: &[$crate::udiroot::KeySpec] = &[ $(
            $crate::udiroot::KeySpec {
                name: $key,
                field: stringify!($field),
                kind: <$type as $crate::udiroot::value::Value>::KIND,
                doc: concat!($($doc, "\n"),+),
                $( $property: $value, )*
                ..$crate::udiroot::KeySpec::PLAIN
            },
        )+ ];

        impl $crate::udiroot::value::Table for $name {
            const ROWS: &'static [$crate::udiroot::KeySpec] = $keys;

            fn read_native(&mut self, key: &str, text: &str, faults: &mut Vec<$crate::udiroot::fault::Fault>) {
                use $crate::udiroot::value::Value as _;
                match key {
                    $( $key => self.$field.read_native(text, faults), )+
                    _ => {}
                }
            }

            fn read_original(
                &mut self,
                key: &str,
                text: &str,
                replace: bool,
                notices: &mut Vec<$crate::original::NoticeKind>,
            ) -> Result<(), $crate::original::RefusalKind> {
                use $crate::udiroot::value::Value as _;
                match key {
                    $( $key => {
                        if replace {
                            self.$field = <$type>::default();
                        }
                        self.$field.read_original(text, notices)
                    } )+
                    _ => Ok(()),
                }
            }

            fn paths(&self) -> Vec<(&'static $crate::udiroot::KeySpec, &std::path::Path)> {
                use $crate::udiroot::value::Value as _;
                let paths = [ $( self.$field.path(), )+ ];
                $keys.iter().zip(paths).filter_map(|(spec, path)| Some((spec, path?))).collect()
            }

            fn write(&self, target: $crate::Target) -> Vec<(&'static $crate::udiroot::KeySpec, $crate::udiroot::value::Written)> {
                use $crate::udiroot::value::Value as _;
                let written = vec![ $( self.$field.write(target), )+ ];
                $keys.iter().zip(written).collect()
            }
        }
    };
}

pub(super) use key_table;
