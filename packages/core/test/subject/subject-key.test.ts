import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { classifySubject, type Subject, subjectKey } from '../../src/index.ts'

const issuer = 'https://as.example.com'
const evidence = { level: 'structural', rules: [], claims: [] } as const
const getKey = (kind: 'machine' | 'user', id: string, from = issuer) =>
  subjectKey({ issuer: from, subject: { kind, id, evidence } })

describe('subjectKey', () => {
  it('subjectKey returns the issuer, the namespace and the id as a JSON array', () => {
    expect(getKey('user', 'ada')).toBe('["https://as.example.com","user","ada"]')
    expect(getKey('machine', 'cron')).toBe('["https://as.example.com","client","cron"]')
  })

  it('21-05: subjectKey returns different keys for a user and a client with the same id, and for two issuers', () => {
    const keys = [
      getKey('user', 'ada'),
      getKey('machine', 'ada'),
      getKey('user', 'ada', `${issuer}/`),
    ]
    expect(new Set(keys).size).toBe(3)
  })

  it('subjectKey returns the same key only for the same issuer, kind and id', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('a"', '","user","', '\\', '\ud800', '\ufffd'),
    )
    const subject = fc.tuple(part, fc.constantFrom('user' as const, 'machine' as const), part)
    fc.assert(
      fc.property(subject, subject, ([issuerA, kindA, a], [issuerB, kindB, b]) => {
        const isSame = issuerA === issuerB && kindA === kindB && a === b
        expect(getKey(kindA, a, issuerA) === getKey(kindB, b, issuerB)).toBe(isSame)
      }),
    )
  })

  it('subjectKey returns the same key for a user with and without an actor', () => {
    const claims = { sub: 'auth0|1', azp: 'web' }
    const key = (more: object) =>
      subjectKey({
        issuer,
        subject: classifySubject({ ...claims, ...more }, { provider: 'auth0' }),
      })
    expect(key({ act: { sub: 'agent' } })).toBe(key({}))
  })

  it('subjectKey throws for an unknown subject', () => {
    const subject: Subject = { kind: 'unknown', id: 'ada', evidence }
    expect(() => subjectKey({ issuer, subject })).toThrow('subjectKey was called for an unknown')
  })

  it('subjectKey throws for a kind that is known by convention only, and returns a key if an option determines the kind', () => {
    const client = { sub: 'ada', client_id: 'ada' }
    const user = { sub: 'ada', client_id: 'web', amr: ['pwd'], auth_time: 1 }
    for (const claims of [client, user]) {
      const subject = classifySubject(claims)
      expect(subject.kind).not.toBe('unknown')
      expect(() => subjectKey({ issuer, subject })).toThrow('known by convention only')
    }
    const configured = classifySubject(client, { machineSubject: 'client_id' })
    expect(subjectKey({ issuer, subject: configured })).toBe(getKey('machine', 'ada'))
  })
})
