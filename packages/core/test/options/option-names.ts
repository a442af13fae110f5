import type { AnyOptionRow } from '../../src/options/option-table.ts'

/** Returns the names of all options of a table, including those inside other options. */
export function listOptionNames(table: Readonly<Record<string, AnyOptionRow>>): readonly string[] {
  const names = Object.entries(table).flatMap(([name, row]) => [
    name,
    ...(row.table === undefined ? [] : listOptionNames(row.table)),
  ])
  return [...new Set(names)]
}

/** Values of every type that an option accepts. */
export const SAMPLES: readonly unknown[] = [
  'polluted',
  'https://polluted.example.com',
  'opaque',
  'rfc9068',
  'absent',
  'array',
  'keycloak',
  'client_secret_basic',
  '2027-02-01',
  'private_key_jwt',
  'ES512',
  60,
  true,
  false,
  null,
  {},
  { claim: 'polluted', value: 'polluted' },
  { name: 'polluted' },
  { polluted: ['read'] },
  { keys: [] },
  { maxEntries: 1 },
  { method: 'client_secret_post', secret: 'polluted' },
  ['polluted'],
  ['ES512'],
  [{ issuer: 'https://polluted.example.com', audience: 'polluted' }],
  new Uint8Array(64),
  () => 'polluted',
]
