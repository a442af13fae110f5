import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { classifySubject, type Subject, subjectKey } from '../../src/index.ts'

const issuer = 'https://as.example.com'
const evidence = { level: 'structural', rules: [], claims: [] } as const
const keyOf = (kind: 'machine' | 'user', id: string, of = issuer) =>
  subjectKey({ issuer: of, subject: { kind, id, evidence } })

describe('subjectKey', () => {
  it('names the issuer, the namespace and the id', () => {
    expect(keyOf('user', 'ada')).toBe('["https://as.example.com","user","ada"]')
    expect(keyOf('machine', 'cron')).toBe('["https://as.example.com","client","cron"]')
  })

  it('21-05: keeps a user and a client of one name apart, and those of two issuers', () => {
    const keys = [keyOf('user', 'ada'), keyOf('machine', 'ada'), keyOf('user', 'ada', `${issuer}/`)]
    expect(new Set(keys).size).toBe(3)
  })

  it('is another one for every other subject', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('a"', '","user","', '\\', '\ud800', '\ufffd'),
    )
    const subject = fc.tuple(part, fc.constantFrom('user' as const, 'machine' as const), part)
    fc.assert(
      fc.property(subject, subject, ([issuerA, kindA, a], [issuerB, kindB, b]) => {
        const isSame = issuerA === issuerB && kindA === kindB && a === b
        expect(keyOf(kindA, a, issuerA) === keyOf(kindB, b, issuerB)).toBe(isSame)
      }),
    )
  })

  it('is the same for a user, whoever acts for them', () => {
    const claims = { sub: 'auth0|1', azp: 'web' }
    const key = (more: object) =>
      subjectKey({
        issuer,
        subject: classifySubject({ ...claims, ...more }, { provider: 'auth0' }),
      })
    expect(key({ act: { sub: 'agent' } })).toBe(key({}))
  })

  it('does not exist for somebody unknown', () => {
    const subject: Subject = { kind: 'unknown', id: 'ada', evidence }
    expect(() => subjectKey({ issuer, subject })).toThrow('subjectKey was called for an unknown')
  })

  it('does not exist for somebody of whom only custom tells, which nobody has confirmed', () => {
    const client = { sub: 'ada', client_id: 'ada' }
    const user = { sub: 'ada', client_id: 'web', amr: ['pwd'], auth_time: 1 }
    for (const claims of [client, user]) {
      const subject = classifySubject(claims)
      expect(subject.kind).not.toBe('unknown')
      expect(() => subjectKey({ issuer, subject })).toThrow('known by convention only')
    }
    const said = classifySubject(client, { machineSubject: 'client_id' })
    expect(subjectKey({ issuer, subject: said })).toBe(keyOf('machine', 'ada'))
  })
})
