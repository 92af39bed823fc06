import { NearVectors } from './near-vectors.js';
it('p', () => {
  const N = 8000, D = 256;
  let s = 12345;
  const rnd = () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s / 2 ** 31 - 1; };
  const words = Array.from({ length: 16 }, () => Float32Array.from({ length: D }, rnd));
  for (const mode of ['dense', 'random']) {
  const vs = Array.from({ length: N }, () => { const v = new Float32Array(D); if (mode === 'dense') for (let k = 0; k < 20; k++) { const w = words[Math.floor((rnd() + 1) * 8) % 16]!; for (let i = 0; i < D; i++) v[i]! += w[i]!; } else for (let i = 0; i < D; i++) v[i] = rnd(); return v; });
  const c0 = process.cpuUsage();
  const near = new NearVectors(D, 0.955, N);
  vs.forEach((v, at) => near.add(at, 0, v));
  const c1 = process.cpuUsage(c0);
  const c2 = process.cpuUsage();
  let taken = 0, found = 0;
  for (let at = 0; at < N; at++) { const n = near.take(at); if (n.length) found++; for (const o of n) { near.remove(o.at); taken++; } }
  const c3 = process.cpuUsage(c2);
  console.log(mode, 'add cpu', c1.user / 1000, 'take cpu', c3.user / 1000, taken, found);
  }
});
