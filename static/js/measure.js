// How long a text is, counted the way a platform counts: the same as connectors/measure.py, and tested against it.
const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("und") : null;
const clusters = (text) => (segmenter ? [...segmenter.segment(text)].map((part) => part.segment) : [...text]);
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const URL_WEIGHT = 23;
const LINK = /(?<![\p{L}\p{N}_])(?:https?:\/\/[^\s<>"']+|www\.[^\s<>"']+\.[a-z]{2,}[^\s<>"']*)/giu;
const EMOJI = /[\u2600-\u27bf\u{1f000}-\u{1faff}\u20e3]|[#*0-9]\ufe0f/u;

const light = (point) => LIGHT.some(([first, last]) => point >= first && point <= last);
const weigh = (cluster) => (EMOJI.test(cluster) ? 2 : [...cluster].reduce((sum, char) => sum + (light(char.codePointAt(0)) ? 1 : 2), 0));

function xWeight(text) {
  const whole = text.normalize("NFC"), links = whole.match(LINK) ?? [];
  return clusters(whole.replace(LINK, "")).reduce((sum, each) => sum + weigh(each), 0) + URL_WEIGHT * links.length;
}

const MEASURES = {
  characters: (text) => [...text].length,
  bytes: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
  graphemes: (text) => clusters(text).length,
  x_weight: xWeight,
};

export const length = (text, unit) => (MEASURES[unit] ?? MEASURES.characters)(text);
