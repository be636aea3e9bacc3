// The least an Endpoint Picker can do: every request goes to one endpoint, and nothing is read.
// It prints the port it listens on, on 127.0.0.1, without TLS.
package main

import (
	"fmt"
	"log"
	"net"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	pb "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

const endpoint = "127.0.0.1:8000"

type picker struct {
	pb.UnimplementedExternalProcessorServer
}

func (picker) Process(stream pb.ExternalProcessor_ProcessServer) error {
	var parts []*pb.HttpBody
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil // the gateway is done
		}
		var answers []*pb.ProcessingResponse
		switch message := request.Request.(type) {
		case *pb.ProcessingRequest_RequestBody:
			parts = append(parts, message.RequestBody)
			if !message.RequestBody.EndOfStream {
				continue
			}
			answers = append(answers, routed())
			for _, part := range parts {
				answers = append(answers, &pb.ProcessingResponse{
					Response: &pb.ProcessingResponse_RequestBody{RequestBody: streamed(part)}})
			}
			parts = nil
		case *pb.ProcessingRequest_ResponseHeaders:
			answers = append(answers, &pb.ProcessingResponse{
				Response: &pb.ProcessingResponse_ResponseHeaders{ResponseHeaders: &pb.HeadersResponse{}}})
		case *pb.ProcessingRequest_ResponseBody:
			answers = append(answers, &pb.ProcessingResponse{
				Response: &pb.ProcessingResponse_ResponseBody{ResponseBody: streamed(message.ResponseBody)}})
		}
		for _, answer := range answers {
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
	}
}

func routed() *pb.ProcessingResponse {
	destination, _ := structpb.NewStruct(map[string]any{"envoy.lb": map[string]any{"x-gateway-destination-endpoint": endpoint}})
	header := &core.HeaderValueOption{Header: &core.HeaderValue{Key: "x-gateway-destination-endpoint", RawValue: []byte(endpoint)}}
	return &pb.ProcessingResponse{DynamicMetadata: destination, Response: &pb.ProcessingResponse_RequestHeaders{
		RequestHeaders: &pb.HeadersResponse{Response: &pb.CommonResponse{ClearRouteCache: true,
			HeaderMutation: &pb.HeaderMutation{SetHeaders: []*core.HeaderValueOption{header}}}}}}
}

func streamed(part *pb.HttpBody) *pb.BodyResponse {
	same := &pb.StreamedBodyResponse{Body: part.Body, EndOfStream: part.EndOfStream}
	return &pb.BodyResponse{Response: &pb.CommonResponse{BodyMutation: &pb.BodyMutation{
		Mutation: &pb.BodyMutation_StreamedResponse{StreamedResponse: same}}}}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	pb.RegisterExternalProcessorServer(server, picker{})
	fmt.Println("ready", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
