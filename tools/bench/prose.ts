import { randomNumbers } from './search-data.ts';

/** Words that carry no meaning, by how often they occur; text search leaves them out. */
const STOP_WORDS =
  'the of and to a in is that it was for on are with as be at this have from or by not but what all were when we there can an your which their if will each about how up out them then she many some so these would other into has her him'.split(
    ' ',
  );
const QUESTION_WORDS = ['what', 'how', 'why', 'when', 'which', 'where', 'who', 'does'];
const VOCABULARY = 60_000;
const TOPICS = 300;
const WORDS_OF_TOPIC = 400;
/** Of running English text. */
const STOP_SHARE = 0.42;
const TOPIC_SHARE = 0.45;
/** Passages are cut at about 100 tokens. */
const MEDIAN_WORDS = 65;
const MOST_WORDS = 130;

export interface Passage {
  title: string;
  topic: number;
  text: string;
}

export interface Prose {
  /** A document's passages: one topic, a second one now and then, and names that only it has. */
  document(passages: number): Passage[];
  /** A question of 8 to 14 words about a passage: some of its words, some of its topic, some that anybody uses. */
  question(about: Passage): string;
}

/** A word of its own for each rank: the more frequent, the shorter. */
function wordOf(rank: number): string {
  const consonants = 'bdfgklmnprstvz';
  const vowels = 'aeiou';
  let number = (rank * 48_271) % (rank < 4_900 ? 4_900 : 343_000);
  // no two ranks give the same number, since the factor and the modulus have no divisor in common
  const syllables = rank < 4_900 ? 2 : 3;
  let word = '';
  for (let place = 0; place < syllables; place++) {
    word += consonants[number % 14]! + vowels[Math.floor(number / 14) % 5]!;
    number = Math.floor(number / 70);
  }
  return word + 'nrtlk'[rank % 5]!;
}

/** Draws places of a list by Zipf's law: the k-th is as frequent as 1 / (k + shift). */
function zipf(size: number, shift: number, random: () => number): () => number {
  const sums = new Float64Array(size);
  let sum = 0;
  for (let place = 0; place < size; place++) {
    sum += 1 / (place + 1 + shift);
    sums[place] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/**
 * Prose by a model of its words: a vocabulary of 60,000 with Zipf's frequencies, topics with words of their own, stop words
 * as in English, and lengths as passages have them. The same text for the same seed.
 */
export function prose(seed: number): Prose {
  const random = randomNumbers(seed);
  const vocabulary = Array.from({ length: VOCABULARY }, (_, rank) => wordOf(rank));
  // the same for every workspace
  const ofTopics = randomNumbers(1);
  const topics = Array.from({ length: TOPICS }, () =>
    Array.from(
      { length: WORDS_OF_TOPIC },
      () => vocabulary[Math.floor(100 * (VOCABULARY / 100) ** ofTopics())]!,
    ),
  );
  const anyWord = zipf(VOCABULARY, 2.7, random);
  const topicWord = zipf(WORDS_OF_TOPIC, 5, random);
  const stopWord = zipf(STOP_WORDS.length, 1, random);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const word = (topic: number): string =>
    random() < TOPIC_SHARE ? topics[topic]![topicWord()]! : vocabulary[anyWord()]!;

  return {
    document(passages) {
      const topic = Math.floor(random() * TOPICS);
      const second = Math.floor(random() * TOPICS);
      const names = Array.from(
        { length: 3 },
        () => vocabulary[VOCABULARY - 1 - Math.floor(random() * 20_000)]!,
      );
      const title = [topics[topic]![topicWord()]!, pick(names), word(topic)].join(' ');
      return Array.from({ length: passages }, () => {
        const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
        const length = Math.min(MOST_WORDS, Math.max(8, Math.round(MEDIAN_WORDS * Math.exp(0.35 * normal))));
        let end = 0;
        let text = '';
        for (let place = 0; place < length; place++) {
          const drawn = random();
          const next =
            drawn < STOP_SHARE
              ? STOP_WORDS[stopWord()]!
              : drawn < STOP_SHARE + 0.02
                ? pick(names)
                : word(random() < 0.8 ? topic : second);
          const begins = place === end;
          if (begins) end = place + 8 + Math.floor(random() * 14);
          text += begins ? `${place === 0 ? '' : '. '}${next[0]!.toUpperCase()}${next.slice(1)}` : ` ${next}`;
        }
        return { title, topic, text: `${text}.` };
      });
    },
    question({ topic, text }) {
      const own = text
        .toLowerCase()
        .match(/[a-z]+/g)!
        .filter((one) => !STOP_WORDS.includes(one));
      const length = 8 + Math.floor(random() * 7);
      const words = [pick(QUESTION_WORDS)];
      while (words.length < length) {
        const drawn = random();
        words.push(
          drawn < 0.38
            ? STOP_WORDS[stopWord()]!
            : drawn < 0.7 && own.length > 0
              ? pick(own)
              : drawn < 0.85
                ? topics[topic]![topicWord()]!
                : vocabulary[anyWord()]!,
        );
      }
      return `${words.join(' ')}?`;
    },
  };
}
