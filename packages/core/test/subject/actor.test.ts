import { describe, expect, it } from 'vitest'
import { classifySubject } from '../../src/index.ts'

const USER = { sub: 'auth0|1', azp: 'web' }
const classifyWithAct = (act: unknown) => classifySubject({ ...USER, act }, { provider: 'auth0' })

function chain(actors: number): object {
  return actors === 1 ? { sub: 'a1' } : { sub: `a${actors}`, act: chain(actors - 1) }
}

describe('the actor', () => {
  it.each([
    [{ sub: 'agent' }, { id: 'agent' }],
    [{ client_id: 'agent-app' }, { id: 'agent-app', clientId: 'agent-app' }],
    [
      { sub: 'agent', client_id: 'agent-app', iss: 'https://as.example.com', role: 'support' },
      { id: 'agent', issuer: 'https://as.example.com', clientId: 'agent-app' },
    ],
    [{ sub: 'now', act: { sub: 'before', act: { client_id: 'first' } } }, { id: 'now' }],
    [chain(8), { id: 'a8' }],
  ])(
    '8693-03, 8693-09: classifySubject returns the outermost act as the actor of a user: %j',
    (act, actor) => {
      expect(classifyWithAct(act)).toMatchObject({ kind: 'user', id: 'auth0|1' })
      expect(classifyWithAct(act).actor).toEqual(actor)
    },
  )

  it.each<[form: string, act: unknown]>([
    ['is a string', 'agent'],
    ['is a number', 5],
    ['is true', true],
    ['is an empty array', []],
    ['is an array with an actor', [{ sub: 'agent' }]],
    ['is an empty object', {}],
    ['has only iss', { iss: 'https://as.example.com' }],
    ['has only an empty sub', { sub: '' }],
    ['has a number as sub', { sub: 5 }],
    ['has an array as sub', { sub: ['agent'] }],
    ['has a number as client_id', { sub: 'agent', client_id: 5 }],
    ['has an object as iss', { sub: 'agent', iss: {} }],
    ['contains a string as act', { sub: 'agent', act: 'before' }],
    ['contains null as act', { sub: 'agent', act: null }],
    ['contains an actor, but no sub', { act: { sub: 'agent' } }],
    ['inherits its sub', Object.create({ sub: 'agent' })],
    ['is a chain of 9 actors', chain(9)],
    ['is a chain of 10000 actors', chain(10_000)],
  ])(
    '8693-08: classifySubject returns unknown with the reason malformed if act %s',
    (_form, act) => {
      expect(classifyWithAct(act)).toEqual({
        kind: 'unknown',
        id: 'auth0|1',
        clientId: 'web',
        evidence: { level: 'none', rules: [], claims: ['act'], reason: 'malformed' },
      })
    },
  )

  it('8693-09: classifySubject returns the same kind for every sub of the actor', () => {
    for (const sub of ['web', 'auth0|1', 'web@clients']) {
      expect(classifyWithAct({ sub })).toMatchObject({ kind: 'user', id: 'auth0|1' })
    }
  })

  it('8693-07: classifySubject returns no actor if act is missing or null, even with may_act', () => {
    for (const claims of [USER, { ...USER, act: null }, { ...USER, may_act: { sub: 'agent' } }]) {
      expect(classifySubject(claims, { provider: 'auth0' })).not.toHaveProperty('actor')
    }
  })

  it('classifySubject returns a machine with an actor for an Okta token of a machine with act', () => {
    const claims = { sub: 'worker', cid: 'worker', act: { sub: 'agent' } }
    expect(classifySubject(claims, { provider: 'okta' })).toMatchObject({
      kind: 'machine',
      actor: { id: 'agent' },
    })
  })

  it('classifySubject returns the client as the actor if xms_act_fct in an Entra token indicates an agent', () => {
    const claims = { idtyp: 'user', azp: 'agent', oid: 'o', sub: 's', scp: 'read' }
    const acting = { ...claims, xms_act_fct: '3 9 11' }
    expect(classifySubject(acting, { provider: 'entra' })).toMatchObject({
      kind: 'user',
      actor: { id: 'agent', clientId: 'agent' },
    })
    expect(classifySubject(claims, { provider: 'entra' })).not.toHaveProperty('actor')
  })

  it('classifySubject reads act in tokens of Clerk users, but not in tokens of Clerk machines, because machines choose their claims', () => {
    const claims = { sub: 'mch_1', act: { sub: 'user_admin' } }
    const subject = classifySubject(claims, { provider: 'clerk' })
    expect(subject).toMatchObject({ kind: 'machine', id: 'mch_1' })
    expect(subject).not.toHaveProperty('actor')
    const session = { sub: 'user_1', act: { sub: 'user_admin' } }
    expect(classifySubject(session, { provider: 'clerk' })).toMatchObject({
      actor: { id: 'user_admin' },
    })
  })
})
