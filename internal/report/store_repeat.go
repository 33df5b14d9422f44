package report

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// firstReceipts returns the receipts of the same files with the same results
// whose originals are still kept, the first of each. Until the transaction ends
// nobody else asks for these files: the locks are taken in one order.
func firstReceipts(ctx context.Context, tx postgres.Tx, org org.ID, files []file) (map[file]ReceiptID, error) {
	first := map[file]ReceiptID{}
	locks, digests := make([]int64, len(files)), make([][]byte, len(files))
	for i := range files {
		locks[i], digests[i] = int64(binary.BigEndian.Uint64(files[i].digest[:])), files[i].digest[:]
	}
	b := &postgres.Batch{}
	b.Queue(`SELECT pg_advisory_xact_lock(lock) FROM (SELECT DISTINCT lock FROM unnest($1::bigint[]) AS lock ORDER BY lock) AS l`, locks)
	b.Queue(`
		SELECT r.digest, r.verdict, min(r.receipt_id) FROM receipts r JOIN originals o ON o.org_id = r.org_id AND o.receipt_id = r.receipt_id
		WHERE r.org_id = @org AND r.digest = ANY(@digests) AND r.verdict IN ('refused', 'conflict', 'replaced') AND NOT o.damaged
		GROUP BY r.digest, r.verdict`, postgres.NamedArgs{"org": org, "digests": digests}).Query(func(rows pgx.Rows) error {
		var sum []byte
		var verdict Verdict
		var id ReceiptID
		_, err := pgx.ForEachRow(rows, []any{&sum, &verdict, &id}, func() error {
			first[file{digest(sum), verdict}] = id
			return nil
		})
		if err != nil {
			return fmt.Errorf("find receipts of the same file: %w", err)
		}
		return nil
	})
	return first, send(ctx, tx, b, "find receipts of the same file")
}
