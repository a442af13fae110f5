import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

/** The pages by task. Providers and recipes are folders. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Start: ['getting-started', 'express', 'koa', 'fastify', 'hono', 'fetch', 'cloudflare-workers'],
  Guides: [
    'requirements',
    'mcp',
    'machine-or-user',
    'audience',
    'discovery',
    'step-up',
    'dpop',
    'opaque-tokens',
    'mtls',
    'testing',
    'logging-and-metrics',
    'client',
    'migrating',
  ],
  Production: ['keys-and-outages', 'operations', 'caching', 'performance', 'redis', 'security'],
  Reference: ['configuration', 'errors', 'troubleshooting', 'glossary'],
}

const docs = new URL('../', import.meta.url)

const toItem = (path: string) => ({
  // The title of a page is its first line.
  text: /^# (.*)/.exec(readFileSync(new URL(`${path}.md`, docs), 'utf8'))?.[1] ?? path,
  link: `/${path}`,
})

const listFolder = (folder: string) =>
  readdirSync(new URL(`${folder}/`, docs))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => toItem(`${folder}/${name.slice(0, -3)}`))

/** Makes the same anchors as GitHub, so that a link to a heading works on the site and on GitHub. */
const slugify = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

export default defineConfig({
  title: 'Bearward',
  description: 'OAuth 2.0 access-token verification for HTTP APIs',
  srcExclude: ['node_modules/**'],
  // The pages are plain Markdown: `<client>` is text.
  markdown: { html: false, anchor: { slugify } },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Providers', link: '/providers/' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      ...Object.entries(SECTIONS).map(([text, pages]) => ({ text, items: pages.map(toItem) })),
      { text: 'Providers', link: '/providers/', collapsed: true, items: listFolder('providers') },
      { text: 'Recipes', link: '/recipes/', collapsed: true, items: listFolder('recipes') },
      { text: 'API reference', link: '/api/' },
    ],
    outline: [2, 3],
  },
})
