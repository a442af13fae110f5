import { describe, expect, it } from 'vitest'
import { type Subject, subjectOf } from '../../src/token/subject.ts'

const claims = ['sub', 'client_id']

describe('subjectOf', () => {
  const of = (sub?: string, clientId?: string, rule?: 'client_id') =>
    subjectOf(sub, clientId, 'client_id', rule)

  it.each<[what: string, subject: Subject, expected: Subject]>([
    [
      'a machine by convention, where its sub is its client id',
      of('cron', 'cron'),
      {
        kind: 'machine',
        id: 'cron',
        clientId: 'cron',
        evidence: { level: 'convention', rule: 'sub_is_client_id', claims },
      },
    ],
    [
      'a machine by configuration',
      of('cron', 'cron', 'client_id'),
      {
        kind: 'machine',
        id: 'cron',
        clientId: 'cron',
        evidence: { level: 'configured', rule: 'sub_is_client_id', claims },
      },
    ],
    [
      'a user by configuration',
      of('alice', 'app', 'client_id'),
      {
        kind: 'user',
        id: 'alice',
        clientId: 'app',
        evidence: { level: 'configured', rule: 'sub_is_not_client_id', claims },
      },
    ],
    [
      'unknown, where nobody has said who is a user',
      of('alice', 'app'),
      {
        kind: 'unknown',
        id: 'alice',
        clientId: 'app',
        evidence: { level: 'none', rule: 'no_rule', claims },
      },
    ],
    [
      'unknown without a client id',
      of('alice', undefined, 'client_id'),
      { kind: 'unknown', id: 'alice', evidence: { level: 'none', rule: 'no_client_id', claims } },
    ],
    [
      'unknown without a sub',
      of(undefined, 'app', 'client_id'),
      { kind: 'unknown', clientId: 'app', evidence: { level: 'none', rule: 'no_sub', claims } },
    ],
    [
      'unknown without either',
      of(undefined, undefined, 'client_id'),
      { kind: 'unknown', evidence: { level: 'none', rule: 'no_sub', claims } },
    ],
  ])('is %s', (_, subject, expected) => {
    expect(subject).toStrictEqual(expected)
  })

  it('21-05: takes a client that calls itself like a user for a client', () => {
    expect(of('alice', 'alice').kind).toBe('machine')
    expect(of('alice', 'alice', 'client_id').kind).toBe('machine')
  })

  it('compares sub and client id as they are', () => {
    expect(of('Cron', 'cron', 'client_id').kind).toBe('user')
    expect(of('cron ', 'cron', 'client_id').kind).toBe('user')
    expect(of('__proto__', '__proto__')).toMatchObject({ kind: 'machine', id: '__proto__' })
  })

  it('names the claims that were looked at', () => {
    expect(subjectOf('a', 'b', 'azp', 'client_id').evidence.claims).toEqual(['sub', 'azp'])
  })
})
