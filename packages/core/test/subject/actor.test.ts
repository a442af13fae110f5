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
  ])('the actor of a user is the outermost act: %j', (act, actor) => {
    expect(classifyWithAct(act)).toMatchObject({ kind: 'user', id: 'auth0|1' })
    expect(classifyWithAct(act).actor).toEqual(actor)
  })

  it.each([
    'agent',
    5,
    true,
    [],
    [{ sub: 'agent' }],
    {},
    { iss: 'https://as.example.com' },
    { sub: '' },
    { sub: 5 },
    { sub: ['agent'] },
    { sub: 'agent', client_id: 5 },
    { sub: 'agent', iss: {} },
    { sub: 'agent', act: 'before' },
    { sub: 'agent', act: null },
    { act: { sub: 'agent' } },
    Object.create({ sub: 'agent' }),
    chain(9),
    chain(10_000),
  ])('the subject is unknown if act is malformed (case %#)', (act) => {
    expect(classifyWithAct(act)).toEqual({
      kind: 'unknown',
      id: 'auth0|1',
      clientId: 'web',
      evidence: { level: 'none', rules: [], claims: ['act'], reason: 'malformed' },
    })
  })

  it('a token without act has no actor, even with may_act', () => {
    for (const claims of [USER, { ...USER, act: null }, { ...USER, may_act: { sub: 'agent' } }]) {
      expect(classifySubject(claims, { provider: 'auth0' })).not.toHaveProperty('actor')
    }
  })

  it('a machine with act is a machine with an actor', () => {
    const claims = { sub: 'worker', cid: 'worker', act: { sub: 'agent' } }
    expect(classifySubject(claims, { provider: 'okta' })).toMatchObject({
      kind: 'machine',
      actor: { id: 'agent' },
    })
  })

  it('the actor is the client if another claim of the provider shows it', () => {
    const claims = { idtyp: 'user', azp: 'agent', oid: 'o', sub: 's', scp: 'read' }
    const acting = { ...claims, xms_act_fct: '3 9 11' }
    expect(classifySubject(acting, { provider: 'entra' })).toMatchObject({
      kind: 'user',
      actor: { id: 'agent', clientId: 'agent' },
    })
    expect(classifySubject(claims, { provider: 'entra' })).not.toHaveProperty('actor')
  })

  it('act is ignored in tokens of Clerk machines, which write their claims', () => {
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
