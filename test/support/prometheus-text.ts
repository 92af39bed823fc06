export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/y;

/**
 * Reads the text format of Prometheus, strictly
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): each family has its HELP and TYPE
 * once, before its samples; names and labels are well-formed; no series is there twice.
 */
export function parsePrometheus(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let current = '';
  if (!text.endsWith('\n')) throw new Error('The last line does not end.');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    if (help) {
      if (families.has(help[1]!)) throw new Error(`${help[1]} is there twice.`);
      current = help[1]!;
      families.set(current, { type: '', help: help[2]!, samples: [] });
      continue;
    }
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`).exec(line);
    if (type) {
      if (type[1] !== current) throw new Error(`The type of ${type[1]} is out of place.`);
      families.set(current, { ...families.get(current)!, type: type[2]! });
      continue;
    }
    const sample = readSample(line);
    const family = families.get(current);
    if (!family?.type) throw new Error(`${line} has no type.`);
    const own = family.type === 'histogram' ? /^(.+?)_(?:bucket|sum|count)$/ : /^(.+)$/;
    if (own.exec(sample.name)?.[1] !== current) throw new Error(`${line} is no ${current}.`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (series.has(key)) throw new Error(`${line} is there twice.`);
    series.add(key);
    family.samples.push(sample);
  }
  return families;
}

function readSample(line: string): Sample {
  const [, name, inside = '', number] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`This is no sample: ${line}`);
  const value = number === '+Inf' ? Infinity : Number(number);
  if (Number.isNaN(value) && number !== 'Nan') throw new Error(`This is no number: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length) {
    const label = LABEL.exec(inside);
    if (!label) throw new Error(`These are no labels: ${line}`);
    labels[label[1]!] = label[2]!;
  }
  return { name, labels, value };
}

/** The value of the one series with (at least) these labels. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const all = [...families.values()].flatMap(({ samples }) => samples);
  return all.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}
