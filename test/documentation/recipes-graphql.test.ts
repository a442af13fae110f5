import { readFileSync } from 'node:fs'
import type { Express } from 'express'
import { expect } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import {
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

const PAGE = 'docs/recipes/graphql.md'

describeDocument(PAGE, {
  async GraphQL(code) {
    // Vitest prefers the ES module of graphql, and graphql-http loads the CommonJS module. Node loads CommonJS for both imports.
    const commonJs = { "from 'graphql'": "from 'graphql/index.js'" }
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead, ...commonJs })
    const app = (await runSnippet('recipes-graphql', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const query = async (scope?: string) => {
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (scope !== undefined) headers['authorization'] = `Bearer ${await machineToken(scope)}`
      const body = JSON.stringify({ query: '{ reports { title costs } }' })
      return fetch(`${url}/graphql`, { method: 'POST', headers, body })
    }
    expect((await query()).status).toBe(401)
    expect((await query('admin')).status).toBe(403)
    expect(await (await query('read:reports admin')).json()).toEqual({
      data: { reports: [{ title: 'May', costs: 42 }] },
    })
    const partial = await query('read:reports')
    expect(partial.status).toBe(200)
    const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8')
    const shown = JSON.parse(/```json\n([^]*?)```/.exec(page)![1]!) as { errors: object[] }
    expect(await partial.json()).toMatchObject(shown)

    const introspection = encodeURIComponent('{ __schema { types { name } } }')
    expect((await fetch(`${url}/graphql?query=${introspection}`)).status).toBe(401)
  },
})
