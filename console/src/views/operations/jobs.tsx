// The jobs of the queue, newest first.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { exact, NONE } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'

type Job = RowOf<'GET /api/v1/jobs'>

const PAGE = 100
const EVERY_MS = 5000

const toneOf = (state: Job['state']): 'good' | 'bad' | 'warn' | 'neutral' =>
  state === 'completed'
    ? 'good'
    : state === 'failed'
      ? 'bad'
      : state === 'retry'
        ? 'warn'
        : 'neutral'

export function Jobs(): JSX.Element {
  const parameters = () => ({ limit: PAGE })
  const pages = usePages<Job>('/api/v1/jobs', [], parameters, { everyMs: EVERY_MS })
  return (
    <section class="panel">
      <h2>Jobs</h2>
      <Answered of={pages.answer}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No jobs" />
          ) : (
            <>
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Jobs">
                <table class="table">
                  <thead>
                    <tr>
                      <th scope="col">Kind</th>
                      <th scope="col">State</th>
                      <th scope="col">Made</th>
                      <th scope="col">Finished</th>
                      <th scope="col" class="number">
                        Attempts
                      </th>
                      <th scope="col">Error</th>
                    </tr>
                  </thead>
                  <tbody>
                    {pages.rows.map((job) => (
                      <tr key={job.job_id}>
                        <th scope="row">{job.kind}</th>
                        <td>
                          <Badge tone={toneOf(job.state)}>{job.state}</Badge>
                        </td>
                        <td>
                          <Time at={job.created_at} />
                        </td>
                        <td>{job.finished_at === null ? NONE : <Time at={job.finished_at} />}</td>
                        <td class="number">{exact(job.attempts + 1)}</td>
                        <td>{job.error_code ?? NONE}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <ListEnd pages={pages} noun="jobs" />
            </>
          )
        }
      </Answered>
    </section>
  )
}
