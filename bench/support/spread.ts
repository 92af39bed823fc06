type Figures = Record<string, string | number>;

/**
 * Several rounds as one: of each number its median, and from the lowest to the highest. A shared
 * machine is now fast and now slow; what one round tells may be that alone.
 */
export function spreadOf(rounds: readonly Figures[]): Figures {
  const [first = {}] = rounds;
  if (rounds.length < 2) return first;
  const spread: Figures = { rounds: rounds.length };
  for (const [name, value] of Object.entries(first)) {
    const values = rounds.map((figures) => figures[name]!);
    if (values.every((other) => other === value)) spread[name] = value;
    else if (typeof value === 'string') spread[name] = values.join(' | ');
    else spread[name] = medianAndRange(values as number[]);
  }
  return spread;
}

function medianAndRange(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return `${Number(median.toFixed(3))} (${sorted[0]}-${sorted.at(-1)})`;
}
