//! Random numbers that are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
//! generators", figure 13).

use super::scenario::Time;

/// A stream of numbers.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of one of many, independent of how much the others draw.
    pub(super) fn of(seed: u64, one: u32) -> Self {
        let mut own = Self(seed ^ (u64::from(one) << 32 | 0x5bd1));
        Self(own.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u32
    }

    /// A span of an exponential distribution.
    pub(super) fn exponential(&mut self, mean: Time) -> Time {
        // 53 random bits: a number above 0 and at most 1.
        let share = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        (-share.ln() * mean as f64) as Time
    }

    /// The `n`th of `count` things in a random order, `n` below `count`.
    pub(super) fn nth(mut self, n: u32, count: u32) -> u32 {
        let mut order: Vec<u32> = (0..count).collect();
        for place in 0..=n {
            let other = place + self.below(count - place);
            order.swap(place as usize, other as usize);
        }
        order[n as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        // Seed 1234567, as other implementations give them.
        let mut random = Random::new(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn every_order_is_a_permutation() {
        for one in 0..20 {
            let mut order: Vec<u32> = (0..5).map(|n| Random::of(7, one).nth(n, 5)).collect();
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn an_exponential_distribution_has_its_mean() {
        let mut random = Random::new(1);
        let sum: u64 = (0..100_000).map(|_| random.exponential(1_000_000)).sum();
        assert!((990_000..1_010_000).contains(&(sum / 100_000)), "{sum}");
    }
}
