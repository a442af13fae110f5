import { describe, expect, it } from 'vitest'
import { findSecrets, noteRequest, noteSecret, noteToken } from './secrets.ts'

describe('findSecrets', () => {
  it('findSecrets returns the tokens, secrets and subjects that a text contains, in the order of the text', () => {
    noteToken('eyJhbGciOiJFUzI1NiJ9.e30.first', { alg: 'ES256' }, { sub: 'alice-of-accounts' })
    noteToken('eyJhbGciOiJFUzI1NiJ9.e30.second')
    noteSecret('correct horse')
    noteRequest('Basic YXBpOmJhdHRlcnktc3RhcGxl', new URLSearchParams())
    expect(findSecrets('a eyJhbGciOiJFUzI1NiJ9.e30.second b alice-of-accounts')).toEqual([
      'eyJhbGciOiJFUzI1NiJ9.e30.second',
      'alice-of-accounts',
    ])
    expect(findSecrets('battery-staple, then correct horse')).toEqual([
      'battery-staple',
      'correct horse',
    ])
  })

  it('findSecrets returns nothing for the beginning of a secret, and for subjects that events may contain', () => {
    noteSecret('a long secret')
    noteToken(
      'a token of a machine',
      {},
      { sub: 'reports-cron-job', client_id: 'reports-cron-job' },
    )
    expect(findSecrets('a long secre, reports-cron-job')).toEqual([])
  })

  it('noteSecret ignores short texts and values that are not texts', () => {
    for (const value of ['short', '', undefined, 12_345_678]) noteSecret(value)
    expect(findSecrets('short 12345678')).toEqual([])
  })
})
