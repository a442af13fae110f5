import { FRAMEWORKS } from '../frameworks.ts'
import { onBareHttp } from '../frameworks/on-bare-http.ts'
import { describeCors } from './run-cross-origin.ts'

for (const framework of [...FRAMEWORKS, onBareHttp]) describeCors(framework)
