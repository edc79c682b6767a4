package main

import "encoding/binary"

// eachField visits the fields of one protobuf message. value is nil unless the field is length-delimited. It stops silently
// at the first malformed byte, because the sink only counts.
func eachField(message []byte, visit func(field int, value []byte, number uint64)) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return
		}
		message = message[n:]
		field := int(tag >> 3)
		switch tag & 7 {
		case 0:
			number, n := binary.Uvarint(message)
			if n <= 0 {
				return
			}
			visit(field, nil, number)
			message = message[n:]
		case 1, 5:
			size := 8
			if tag&7 == 5 {
				size = 4
			}
			if len(message) < size {
				return
			}
			message = message[size:]
		case 2:
			size, n := binary.Uvarint(message)
			if n <= 0 || size > uint64(len(message)-n) {
				return
			}
			visit(field, message[n:n+int(size)], 0)
			message = message[n+int(size):]
		default:
			return
		}
	}
}

// countSpans counts the spans of an ExportTraceServiceRequest: field 1 > field 2 > field 2.
func countSpans(request []byte) int {
	spans := 0
	eachField(request, func(field int, resourceSpans []byte, _ uint64) {
		if field != 1 {
			return
		}
		eachField(resourceSpans, func(field int, scopeSpans []byte, _ uint64) {
			if field != 2 {
				return
			}
			eachField(scopeSpans, func(field int, span []byte, _ uint64) {
				if field == 2 && span != nil {
					spans++
				}
			})
		})
	})
	return spans
}
