import { FRAMEWORKS } from '../frameworks.ts'
import { runCorpus } from './run-corpus.ts'

for (const framework of FRAMEWORKS) if (framework.adapter === 'koa') runCorpus(framework)
