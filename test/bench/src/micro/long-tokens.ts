/**
 * Claims that make a token almost 16 kB long, by the name of their shape. Each shape is the worst case for a different part of the
 * work that precedes the check of the signature. A library may refuse such a token at any point.
 */
export const LONG_TOKENS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a long string': { text: 'x'.repeat(11_000) },
  'characters outside ASCII': { text: '\u00e4'.repeat(5500) },
  'escaped characters': { text: '\u0001'.repeat(1800) },
  'quotes and colons': { text: '":'.repeat(3600) },
  'many members': Object.fromEntries(Array.from({ length: 660 }, (_, i) => [`claim-${i}`, i])),
  'too many members': Object.fromEntries(
    Array.from({ length: 1100 }, (_, i) => [`c${i.toString(36)}`, 0]),
  ),
  'many numbers': { numbers: Array.from({ length: 1900 }, (_, i) => i + 0.5) },
  'too many numbers': { numbers: Array.from({ length: 5400 }, () => 1) },
  'many empty objects': { objects: Array.from({ length: 640 }, () => ({})) },
  'deep arrays': { deep: Array.from({ length: 160 }, () => nest(30)) },
}

function nest(levels: number): unknown {
  return levels === 0 ? 0 : [nest(levels - 1)]
}
