package limit

import "time"

// PauseFor has Redis be asked again so soon after it failed.
func (r *Redis) PauseFor(d time.Duration) { r.pause = d }
