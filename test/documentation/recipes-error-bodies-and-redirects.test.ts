import type { Express } from 'express'
import { readFileSync } from 'node:fs'
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

const PAGE = 'docs/recipes/error-bodies-and-redirects.md'

describeDocument(PAGE, {
  async 'Error bodies and redirects'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('recipes-bodies', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const response = await fetch(`${url}/reports`)
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8')
    expect(page).toContain(`\`\`\`json\n${await response.text()}\n\`\`\``)
  },

  async 'Redirect to a login page'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('recipes-redirects', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const open = async (accept: string, token?: string) => {
      const cookie = token === undefined ? '' : `theme=dark; __Host-token=${token}`
      const headers = { accept, cookie }
      return fetch(`${url}/dashboard?tab=1`, { headers, redirect: 'manual' })
    }
    const html = 'text/html,application/xhtml+xml,*/*;q=0.8'

    const redirected = await open(html)
    expect(redirected.status).toBe(303)
    expect(redirected.headers.get('location')).toBe('/login?return_to=%2Fdashboard%3Ftab%3D1')
    expect((await open(html, 'ey.made.up')).status).toBe(303)
    expect((await open('application/json')).status).toBe(401)
    expect((await open('*/*')).status).toBe(401)
    const twice = `a; __Host-token=${await machineToken('read:reports')}`
    expect((await open(html, twice)).status).toBe(400)
    expect((await open(html, await machineToken('admin'))).status).toBe(403)
    const granted = await open(html, await machineToken('read:reports'))
    expect(await granted.text()).toBe('Hello reports-cron')
    expect(granted.headers.get('content-type')).toContain('text/plain')
  },
})
